//! What the program says: reports for people in Vietnamese or as one JSON line on stdout, trouble on stderr.

use clap::Command;
use motcua_dossier::{DeviceId, OutboxKind};
use motcua_warehouse::{
    AuditReport, AuditTrouble, BackupReport, CarriedImport, CarriedReport, CheckReport, Column, ConfigReport,
    DeviceCode, DeviceReport, GrantReport, ImportKind, ImportReport, LeftGrant, NoticeReport,
    OFFICER_COLUMNS, OfficerImportReport, OfficerReport, PackageLineReport, PackageReport, ReferenceReport,
    ReferenceVersion, RestoreReport, RowChange, RowHistory, RowReport, RowsReport, SHEETS, ScrubReport,
    SeedReport, columns,
};
use motcua_wire::{ChangeReport, OpResult, RowFate};
use serde::Serialize;
use std::io::Write;

const TEMPLATE: &str = "{about-with-newline}\nCách dùng: {usage}\n\n{all-args}{after-help}";

const CODES: &str = "Mã kết thúc: 0 xong; 1 có điều sai hoặc dòng bị từ chối, xem báo cáo; 2 gõ sai hoặc cấu hình \
sai; 3 không làm được (ổ đĩa, cơ sở dữ liệu, chương trình khác đang giữ).";

/// Examples of each command; a test holds that every command has one and that it can be typed.
const EXAMPLES: &[(&str, &str)] = &[
    ("serve", "motcua-warehouse serve --data /var/lib/motcua-warehouse --listen 0.0.0.0:8843"),
    ("config", "motcua-warehouse config --data /var/lib/motcua-warehouse --json"),
    ("seed", "motcua-warehouse seed --data /var/lib/motcua-warehouse --file danh-muc/seed.json"),
    ("check", "motcua-warehouse check --data /var/lib/motcua-warehouse"),
    ("backup", "motcua-warehouse backup --data /var/lib/motcua-warehouse --to /mnt/sao-luu --keep 48"),
    ("restore", "motcua-warehouse restore --from /mnt/sao-luu --data /var/lib/motcua-warehouse"),
    ("scrub", "motcua-warehouse scrub --data /var/lib/motcua-warehouse --share 30 --set-aside"),
    ("admin", "motcua-warehouse admin rows thu_tuc --data /var/lib/motcua-warehouse --json"),
    ("admin rows", "motcua-warehouse admin rows lich --data /var/lib/motcua-warehouse"),
    (
        "admin set",
        "motcua-warehouse admin set lich --data /var/lib/motcua-warehouse --key 30/04/2027 --cell ly_do=Lễ --reason sửa-tên",
    ),
    (
        "admin remove",
        "motcua-warehouse admin remove lich --data /var/lib/motcua-warehouse --key 30/04/2027 --reason ghi-nhầm",
    ),
    (
        "admin undo",
        "motcua-warehouse admin undo 12 --data /var/lib/motcua-warehouse --reason sửa-nhầm --dry-run",
    ),
    ("packages", "motcua-warehouse packages --data /var/lib/motcua-warehouse"),
    (
        "device code",
        "motcua-warehouse device code --data /var/lib/motcua-warehouse --agency 000.01.20.H08 --name quay-1",
    ),
    ("device list", "motcua-warehouse device list --data /var/lib/motcua-warehouse --json"),
    (
        "device revoke",
        "motcua-warehouse device revoke --data /var/lib/motcua-warehouse 01a1fd07-c562-7069-b328-0c13631b4c9b",
    ),
    (
        "officer add",
        "motcua-warehouse officer add canbo.lan --data /var/lib/motcua-warehouse --name Lan --node xa-an-hoa",
    ),
    (
        "officer grant",
        "motcua-warehouse officer grant canbo.lan --data /var/lib/motcua-warehouse --role intake --node xa-an-hoa --until 31/12/2027",
    ),
    ("officer secret", "motcua-warehouse officer secret canbo.lan --data /var/lib/motcua-warehouse"),
    ("officer end", "motcua-warehouse officer end canbo.lan --data /var/lib/motcua-warehouse"),
    (
        "officer import",
        "motcua-warehouse officer import --data /var/lib/motcua-warehouse --csv can-bo.csv --dry-run",
    ),
    ("officer list", "motcua-warehouse officer list --data /var/lib/motcua-warehouse --json"),
    ("officer revoke", "motcua-warehouse officer revoke --data /var/lib/motcua-warehouse 7"),
    ("officer", "motcua-warehouse officer list --data /var/lib/motcua-warehouse"),
    ("device", "motcua-warehouse device list --data /var/lib/motcua-warehouse"),
    ("audit", "motcua-warehouse audit verify --data /var/lib/motcua-warehouse"),
    ("audit verify", "motcua-warehouse audit verify --data /var/lib/motcua-warehouse --file nhat-ky.jsonl"),
    ("audit export", "motcua-warehouse audit export --data /var/lib/motcua-warehouse --out nhat-ky.jsonl"),
    ("reference", "motcua-warehouse reference list --data /var/lib/motcua-warehouse"),
    (
        "reference import",
        "motcua-warehouse reference import --data /var/lib/motcua-warehouse --from 01/01/2027 --dry-run danh-muc.xlsx",
    ),
    (
        "reference export",
        "motcua-warehouse reference export --data /var/lib/motcua-warehouse --to danh-muc.xlsx",
    ),
    ("reference list", "motcua-warehouse reference list --data /var/lib/motcua-warehouse --json"),
    (
        "reference history",
        "motcua-warehouse reference history --data /var/lib/motcua-warehouse --sheet thu_tuc --key 1.000894.H08",
    ),
    ("reference diff", "motcua-warehouse reference diff --data /var/lib/motcua-warehouse 6 7"),
    ("notices", "motcua-warehouse notices list --data /var/lib/motcua-warehouse --state dead"),
    ("notices list", "motcua-warehouse notices list --data /var/lib/motcua-warehouse --state dead --json"),
    ("notices release", "motcua-warehouse notices release --data /var/lib/motcua-warehouse"),
    ("notices retry", "motcua-warehouse notices retry --data /var/lib/motcua-warehouse --all"),
    (
        "import-package",
        "motcua-warehouse import-package --data /var/lib/motcua-warehouse --key khoi-phuc.key quay-1.mcgoi --json",
    ),
    (
        "import",
        "motcua-warehouse import documents --data /var/lib/motcua-warehouse --csv giay-to.csv --files quet --dry-run",
    ),
];

/// Help in Vietnamese, with examples, exit codes and the columns of the lists.
pub(crate) fn vietnamese(command: Command) -> Command {
    below(command, "")
}

/// `path` are the words that lead to the command, without the program's name.
fn below(command: Command, path: &str) -> Command {
    let example = example_of(path);
    let mut after = String::new();
    if let Some(example) = example {
        after.push_str(&format!("\nVí dụ:\n  {example}\n"));
    }
    if path == "import" {
        after.push_str(&lists());
    }
    if path == "officer import" {
        after.push_str(COLUMNS);
        after.push_str(&list("officer import", OFFICER_COLUMNS));
    }
    if path == "reference import" {
        after.push_str("\nDanh sách (tên trang tính, tên tệp CSV) và các cột:\n");
        for sheet in SHEETS {
            after.push_str(&format!("  {}: {}\n    {}\n", sheet.name, sheet.about, sheet.columns.join(", ")));
        }
    }
    if command.get_name() == "config" || command.get_name() == "serve" {
        after.push_str(
            "\nBiến môi trường hơn warehouse.json: MOTCUA_WAREHOUSE_LISTEN, _TLS_CERT, _TLS_KEY, _METRICS_FROM, \
             _DEVICE_PER_MINUTE, _ADDRESS_PER_MINUTE, _LOOKUPS_PER_MINUTE, _LOGINS_PER_MINUTE; dịch vụ gửi thông báo: _ZALO_URL, \
             _ZALO_HEADERS_FILE, _ZALO_CA_FILE, cũng vậy _SMS_… và _EMAIL_…, _NOTICE_ATTEMPTS.\n",
        );
    }
    after.push_str(&format!("\n{CODES}"));
    command
        .help_template(TEMPLATE)
        .subcommand_help_heading("Lệnh")
        .disable_help_subcommand(true)
        .after_help(after)
        .mut_args(|argument| argument.help_heading("Tùy chọn"))
        .mut_subcommands(|inner| {
            let path = format!("{path} {}", inner.get_name());
            below(inner, path.trim())
        })
}

fn example_of(path: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

const COLUMNS: &str = "\nCác cột, tên có dấu hay không dấu đều đọc được; cột có * là bắt buộc. Ngày viết 31/12/2024 hoặc 2024-12-31.\n";

fn lists() -> String {
    let mut text = String::from(COLUMNS);
    for (word, kind) in [
        ("owners", ImportKind::Owners),
        ("documents", ImportKind::Documents),
        ("dossiers", ImportKind::Dossiers),
    ] {
        text.push_str(&list(word, columns(kind)));
    }
    text
}

fn list(word: &str, columns: &[Column]) -> String {
    let mut text = format!("\n{word}:\n");
    for column in columns {
        let mark = if column.required { "*" } else { " " };
        text.push_str(&format!("  {mark} {:<16} {}\n", column.name, column.about));
    }
    let must: Vec<_> = columns.iter().filter(|c| c.required).collect();
    let join = |cells: Vec<&str>| cells.join(";");
    text.push_str(&format!("  Ví dụ: {}\n", join(must.iter().map(|c| c.name).collect())));
    text.push_str(&format!("         {}\n", join(must.iter().map(|c| c.example).collect())));
    text
}

/// One JSON line on stdout.
pub(crate) fn line(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        say(&text);
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that went away wants no more.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// How reports are told.
#[derive(Clone, Copy)]
pub(crate) struct Tell {
    pub(crate) json: bool,
}

impl Tell {
    fn report(self, report: &impl Serialize, lines: impl FnOnce() -> Vec<String>) {
        if self.json {
            line(report);
        } else {
            lines().iter().for_each(|text| say(text));
        }
    }

    pub(crate) fn device_code(self, code: &DeviceCode) {
        self.report(code, || {
            vec![
                format!("Mã đăng ký: {}", code.code),
                format!("Máy: {} · cơ quan {}", code.name, code.agency),
                format!(
                    "Dùng một lần, trong {} phút. Gõ tại quầy: motcua enrol --code {}",
                    motcua_warehouse::CODE_MINUTES,
                    code.code
                ),
            ]
        });
    }

    pub(crate) fn devices(self, devices: &[DeviceReport]) {
        self.report(&devices, || {
            let state = |device: &DeviceReport| match (device.revoked, device.certificate_until) {
                (true, _) => "đã thu hồi".to_owned(),
                (false, None) => "chưa đăng ký".to_owned(),
                (false, Some(until)) => format!("chứng thư đến {}", until.day().format_vn()),
            };
            let kind = |d: &DeviceReport| if d.portal { "cổng, " } else { "" };
            let line =
                |d: &DeviceReport| format!("{}  {}  {} ({}{})", d.id, d.agency, d.name, kind(d), state(d));
            devices.iter().map(line).collect()
        });
    }

    pub(crate) fn revoked(self, id: DeviceId) {
        self.report(&serde_json::json!({ "revoked": id }), || vec![format!("Đã thu hồi máy {id}")]);
    }

    pub(crate) fn officer(self, who: &str, what: &str) {
        self.report(&serde_json::json!({ "done": who }), || vec![format!("{who}: {what}")]);
    }

    pub(crate) fn granted(self, login: &str, id: i64) {
        self.report(&serde_json::json!({ "grant": id }), || vec![format!("{login}: quyền số {id}")]);
    }

    pub(crate) fn officers(self, officers: &[OfficerReport]) {
        self.report(&officers, || {
            let mut lines = vec![];
            for officer in officers {
                let state = match (officer.ended, officer.has_secret) {
                    (true, _) => " (đã thôi)",
                    (false, false) => " (chưa có mật khẩu)",
                    (false, true) => "",
                };
                lines.push(format!("{}  {}  {}{state}", officer.login, officer.name, officer.node));
                lines.extend(officer.grants.iter().map(|grant| format!("    {}", grant_line(grant))));
            }
            lines
        });
    }

    pub(crate) fn trouble(self, error: &anyhow::Error) {
        if self.json {
            line(&serde_json::json!({ "error": format!("{error:#}") }));
        }
        let _ = writeln!(std::io::stderr(), "Không làm được: {error:#}");
    }

    pub(crate) fn config(self, report: &ConfigReport) -> bool {
        self.report(report, || {
            let setting = |s: &motcua_warehouse::Setting| format!("{} = {} ({})", s.name, s.value, s.from);
            let mut lines: Vec<String> = report.settings.iter().map(setting).collect();
            for problem in &report.problems {
                let mark = if problem.fatal { "SAI" } else { "Chú ý" };
                lines.push(format!("{mark}: {}: {}", problem.name, problem.message));
            }
            if report.problems.is_empty() {
                lines.push("Cấu hình dùng được.".to_owned());
            }
            lines
        });
        report.is_usable()
    }

    pub(crate) fn seed(self, report: &SeedReport) {
        self.report(report, || {
            vec![
                format!("Máy: {}; tài khoản định danh: {}.", report.devices, report.identity),
                format!(
                    "Giấy tờ mới: {}; đã có: {}; đánh dấu: {}.",
                    report.documents_added,
                    report.documents_there,
                    report.marked.len()
                ),
            ]
        });
    }

    pub(crate) fn reference(self, report: &ReferenceReport) -> bool {
        self.report(report, || {
            let mut lines: Vec<String> = report
                .faults
                .iter()
                .map(|fault| {
                    let row = if fault.row > 0 { format!(", dòng {}", fault.row) } else { String::new() };
                    let column = fault.column.as_ref().map(|c| format!(", cột {c}")).unwrap_or_default();
                    format!("SAI {}{row}{column}: {}", fault.sheet, fault.message)
                })
                .collect();
            if !report.faults.is_empty() {
                lines.push(format!("Không nhận gì: {} chỗ sai.", report.faults.len()));
                return lines;
            }
            lines.extend(report.changes.iter().map(change));
            let from = report.effective_at.map(|at| at.format_vn()).unwrap_or_default();
            lines.push(match (report.version, report.unchanged) {
                (Some(version), true) => format!("Nội dung như phiên bản {version}: không có phiên bản mới."),
                (Some(version), false) => format!("Phiên bản {version}, hiệu lực từ {from}."),
                (None, _) => format!("Chạy thử: sẽ có phiên bản mới, hiệu lực từ {from}."),
            });
            if let Some(later) = report.replaced_by {
                lines.push(format!("Chú ý: phiên bản {later} có hiệu lực sau đó và sẽ thay phiên bản này."));
            }
            lines
        });
        report.faults.is_empty()
    }

    pub(crate) fn given_out(self, version: u64, to: &std::path::Path) {
        self.report(&serde_json::json!({ "version": version, "to": to }), || {
            vec![format!("Đã xuất phiên bản {version} ra {}.", to.display())]
        });
    }

    pub(crate) fn versions(self, versions: &[ReferenceVersion]) {
        self.report(&versions, || {
            let of = |v: &ReferenceVersion| {
                let state = match (v.in_force, v.planned) {
                    (true, _) => "đang hiệu lực",
                    (false, true) => "sắp hiệu lực",
                    (false, false) => "đã thay",
                };
                let (from, loaded) = (v.effective_at.format_vn(), v.loaded_at.format_vn());
                format!("{}: {state}, từ {from}; nạp {loaded} {} {}", v.version, v.source, v.officer)
            };
            versions.iter().map(of).collect()
        });
    }

    pub(crate) fn history(self, history: &[RowHistory]) {
        self.report(&history, || {
            let of = |h: &RowHistory| {
                format!("{} ({}): {}", h.version, h.effective_at.format_vn(), change(&h.change))
            };
            history.iter().map(of).collect()
        });
    }

    pub(crate) fn changes(self, changes: &[RowChange]) {
        self.report(&changes, || {
            if changes.is_empty() {
                vec!["Không khác.".to_owned()]
            } else {
                changes.iter().map(change).collect()
            }
        });
    }

    /// True when nothing was wrong.
    pub(crate) fn changed(self, report: &ChangeReport) -> bool {
        self.report(report, || {
            let mut lines: Vec<String> = report
                .faults
                .iter()
                .map(|fault| {
                    let row =
                        if fault.key.is_empty() { String::new() } else { format!(", dòng {}", fault.key) };
                    let column = fault.column.as_ref().map(|c| format!(", cột {c}")).unwrap_or_default();
                    format!("SAI {}{row}{column}: {}", fault.sheet, fault.message)
                })
                .collect();
            if !lines.is_empty() {
                lines.push(format!("Không ghi gì: {} chỗ sai.", report.faults.len()));
                return lines;
            }
            lines.extend(report.rows.iter().map(|row| {
                let what = match row.fate {
                    RowFate::Added => "thêm",
                    RowFate::Removed => "bỏ",
                    RowFate::Changed => "sửa",
                };
                let cells =
                    row.cells.iter().map(|c| (c.column.as_str(), c.before.as_str(), c.after.as_str()));
                changed_row(what, &row.sheet, &row.key, cells)
            }));
            let from = report.effective_at.map(|at| at.format_vn()).unwrap_or_default();
            lines.push(match (report.version, report.unchanged) {
                (Some(version), true) => format!("Nội dung như phiên bản {version}: không có phiên bản mới."),
                (Some(version), false) => format!("Phiên bản {version}, hiệu lực từ {from}."),
                (None, _) => format!("Chạy thử: sẽ có phiên bản mới, hiệu lực từ {from}."),
            });
            if let Some(later) = report.replaced_by {
                lines.push(format!("Chú ý: phiên bản {later} có hiệu lực sau đó và sẽ thay phiên bản này."));
            }
            lines
        });
        report.faults.is_empty()
    }

    /// False when there is no such list.
    pub(crate) fn rows(self, report: Option<&RowsReport>) -> bool {
        let Some(report) = report else {
            self.report(&(), || vec!["Không có danh sách tên này.".to_owned()]);
            return false;
        };
        self.report(report, || {
            let head = format!("Phiên bản {}: {}", report.version, report.columns.join(" | "));
            let line =
                |cells: &[String]| cells.iter().map(|text| short(text)).collect::<Vec<_>>().join(" | ");
            std::iter::once(head).chain(report.rows.iter().map(|row| line(&row.cells))).collect()
        });
        true
    }

    pub(crate) fn notices(self, notices: &[NoticeReport]) {
        self.report(&notices, || {
            let of = |n: &NoticeReport| {
                let state = match n.state.as_str() {
                    "sent" => "đã gửi",
                    "dead" => "ĐÃ BỎ",
                    "withheld" => "không gửi (từ trước khi khôi phục)",
                    _ => "đang chờ",
                };
                let error = n.error.as_ref().map(|e| format!(" ({e})")).unwrap_or_default();
                let made = n.made_at.format_vn();
                format!(
                    "{} {made} {} {} {}: {state}, {} lần{error}",
                    n.id, n.channel, n.event, n.to, n.attempts
                )
            };
            notices.iter().map(of).collect()
        });
    }

    pub(crate) fn released(self) {
        self.report(&serde_json::json!({ "released": true }), || {
            vec!["Thông báo được gửi trở lại.".to_owned()]
        });
    }

    pub(crate) fn revived(self, count: usize) {
        self.report(&serde_json::json!({ "revived": count }), || {
            vec![format!("Sẽ gửi lại {count} thông báo.")]
        });
    }

    pub(crate) fn check(self, report: &CheckReport) -> bool {
        self.report(report, || {
            let mut lines = vec![format!(
                "Đã đọc {} tệp tin, {} biên nhận; biên nhận sai: {}.",
                report.files, report.receipts, report.receipts_bad
            )];
            if !report.database_whole {
                lines.push("SAI: cơ sở dữ liệu hỏng.".to_owned());
            }
            lines.extend(report.files_missing.iter().map(|f| format!("Mất tệp tin {f}")));
            lines.extend(report.files_changed.iter().map(|f| format!("Hỏng tệp tin {f}")));
            lines
        });
        report.is_clean()
    }

    pub(crate) fn backup(self, report: &BackupReport) -> bool {
        self.report(report, || {
            let mut lines = vec![format!(
                "Đã sao lưu và đọc lại: {} ({} tệp tin, {} mới, {} byte).",
                report.generation.display(),
                report.blobs,
                report.blobs_new,
                report.blob_bytes
            )];
            lines.extend(report.blobs_missing.iter().map(|f| format!("Kho không còn tệp tin {f}")));
            lines
        });
        report.blobs_missing.is_empty()
    }

    pub(crate) fn restore(self, report: &RestoreReport) -> bool {
        self.report(report, || {
            let mut lines = vec![
                format!(
                    "Đã khôi phục bản {} ({}): {} tệp tin.",
                    report.generation.display(),
                    report.made_at.format_vn(),
                    report.blobs
                ),
                format!("Epoch {}: các quầy sẽ gửi lại phần còn thiếu.", report.epoch),
                format!(
                    "Thông báo cho người dân được giữ lại đến {} để không gửi lần thứ hai; gửi sớm hơn: notices release.",
                    report.notices_held_until.format_vn()
                ),
            ];
            if !report.access_kept {
                lines.push(
                    "Máy, cán bộ và quyền là của ngày sao lưu: thu hồi lại những gì đã thu hồi sau ngày đó \
                     (device list, officer list)."
                        .to_owned(),
                );
            }
            if let Some(aside) = &report.set_aside {
                lines.push(format!("Dữ liệu cũ nằm ở {}.", aside.display()));
            }
            lines.extend(report.blobs_missing.iter().map(|f| format!("Chưa có tệp tin {f}")));
            lines
        });
        report.blobs_missing.is_empty()
    }

    pub(crate) fn scrub(self, report: &ScrubReport) -> bool {
        self.report(report, || {
            let mut lines = vec![format!(
                "Phần {} trên {}: đã đọc {} tệp tin, {} byte.",
                report.part + 1,
                report.share,
                report.files,
                report.bytes
            )];
            lines.extend(report.missing.iter().map(|f| format!("Mất tệp tin {f}")));
            lines.extend(report.changed.iter().map(|f| format!("Hỏng tệp tin {f}")));
            lines
        });
        report.is_clean()
    }

    pub(crate) fn audit(self, report: &AuditReport) -> bool {
        self.report(report, || {
            let mut lines = vec![format!(
                "{} dòng nhật ký, {} lần ký; {} dòng sau lần ký cuối.",
                report.entries, report.heads, report.unsigned
            )];
            lines.extend(report.head.iter().map(|head| format!("Đầu chuỗi, nên ghi lại: {head}")));
            for problem in &report.problems {
                let what = match problem.what {
                    AuditTrouble::Missing => "các dòng trước đó đã mất",
                    AuditTrouble::Changed => "nội dung bị sửa",
                    AuditTrouble::Unlinked => "không nối với dòng trước",
                    AuditTrouble::HeadNotSigned => "chữ ký của kho không đúng",
                    AuditTrouble::HeadWithoutEntry => "đã ký nhưng dòng không còn",
                    AuditTrouble::HeadDiffers => "khác với lần kho đã ký",
                    AuditTrouble::NotAsNoted => "khác với đầu chuỗi đã ghi lại",
                    _ => "sai",
                };
                lines.push(format!("SAI ở dòng {}: {what}", problem.seq));
            }
            lines
        });
        report.is_clean()
    }

    pub(crate) fn exported(self, entries: u64) {
        self.report(&serde_json::json!({ "entries": entries }), || vec![format!("Đã xuất {entries} dòng.")]);
    }

    pub(crate) fn row(self, row: &RowReport) {
        self.report(row, || {
            let column = row.column.map(|c| format!(" ({c})")).unwrap_or_default();
            let mark = if row.refused { "không nhập" } else { "đã nhập" };
            vec![format!("Dòng {}, {mark}: {}{column}", row.line, row.message)]
        });
    }

    pub(crate) fn import(self, report: &ImportReport) -> bool {
        self.report(report, || {
            let would = if report.dry_run { "Chạy thử, chưa ghi gì: " } else { "" };
            vec![format!(
                "{would}{} dòng: {} mới, {} đã có, {} không nhập.",
                report.rows, report.added, report.there, report.refused
            )]
        });
        report.refused == 0
    }

    pub(crate) fn officers_imported(self, report: &OfficerImportReport) -> bool {
        self.report(report, || {
            let would = if report.dry_run { "Chạy thử, chưa ghi gì: " } else { "" };
            let mut lines = vec![format!(
                "{would}{} dòng: {} cán bộ mới (chưa có mật khẩu), {} đổi họ tên, {} quyền mới, {} đã có, {} không nhập.",
                report.rows, report.added, report.renamed, report.granted, report.there, report.refused
            )];
            for LeftGrant { login, grant } in &report.left_grants {
                lines.push(format!("Giữ nguyên, danh sách không nêu: {login}, quyền {}", grant_line(grant)));
            }
            if report.left_officers > 0 {
                lines.push(format!("Giữ nguyên {} cán bộ không có trong danh sách.", report.left_officers));
            }
            lines
        });
        report.refused == 0
    }

    pub(crate) fn package(self, report: &PackageReport) -> bool {
        self.report(report, || {
            let mut lines: Vec<String> = report.lines.iter().map(package_line).collect();
            let done = report.lines.iter().filter(|l| l.is_done()).count();
            lines.push(format!(
                "Gói của máy {}: {} tệp tin, kho đã nhận {done} trên {} mục.",
                report.device,
                report.files,
                report.lines.len()
            ));
            lines
        });
        report.is_done()
    }

    pub(crate) fn packages(self, packages: &[CarriedReport]) {
        self.report(&packages, || {
            let mut lines: Vec<String> = packages.iter().map(carried_line).collect();
            let waiting = packages.iter().filter(|package| package.taken_at.is_none()).count();
            lines.push(format!("{waiting} gói còn chờ; nhận: import-package --carried --key TỆP"));
            lines
        });
    }

    pub(crate) fn carried(self, imports: &[CarriedImport]) -> bool {
        let done = |import: &CarriedImport| import.outcome.as_ref().is_ok_and(PackageReport::is_done);
        let reports: Vec<serde_json::Value> = imports
            .iter()
            .map(|import| match &import.outcome {
                Ok(report) => serde_json::json!({ "package": import.package, "report": report }),
                Err(error) => serde_json::json!({ "package": import.package, "error": error.to_string() }),
            })
            .collect();
        self.report(&reports, || {
            let mut lines = vec![];
            for import in imports {
                lines.push(carried_line(&import.package));
                match &import.outcome {
                    Ok(report) => lines.extend(report.lines.iter().map(package_line)),
                    Err(error) => lines.push(format!("chưa nhận: {error}")),
                }
            }
            let taken = imports.iter().filter(|import| done(import)).count();
            lines.push(format!("Đã nhận hết {taken} trên {} gói.", imports.len()));
            lines
        });
        imports.iter().all(done)
    }
}

fn carried_line(package: &CarriedReport) -> String {
    let taken = package.taken_at.map_or("còn chờ".to_owned(), |at| format!("đã nhận {}", at.format_vn()));
    format!(
        "{}: máy {}, {} mục, làm lúc {}, máy {} gửi hộ lúc {}, {taken}",
        package.package,
        package.device,
        package.operations,
        package.made_at.format_vn(),
        package.carried_by,
        package.carried_at.format_vn()
    )
}

fn grant_line(grant: &GrantReport) -> String {
    let day = |day: Option<motcua_dossier::Day>| day.map_or("…".to_owned(), |d| d.format_vn());
    let field = grant.procedures.as_ref().map(|field| format!(", lĩnh vực {field}")).unwrap_or_default();
    let (role, from, until) = (grant.role.word(), day(grant.from), day(grant.until));
    format!("{}: {role} tại {} ({from} – {until}){field}", grant.id, grant.node)
}

fn package_line(line: &PackageLineReport) -> String {
    let what = match line.kind {
        OutboxKind::Document => "giấy tờ số hóa",
        OutboxKind::Acceptance => "hồ sơ tiếp nhận",
        OutboxKind::Decline => "hồ sơ không tiếp nhận",
        OutboxKind::Result => "kết quả giải quyết",
        OutboxKind::Fee => "phí, lệ phí",
        OutboxKind::Step => "bước giải quyết",
        OutboxKind::Feedback => "phản ánh về kết quả",
        OutboxKind::Withdrawal => "lời bỏ, không gửi",
    };
    let became = match &line.answer {
        OpResult::Applied { .. } => "kho đã nhận".to_owned(),
        OpResult::Duplicate { .. } => "kho đã có từ trước".to_owned(),
        OpResult::Deferred { .. } => format!("còn chờ, thiếu {} tệp tin", line.missing.len()),
        OpResult::Conflict { .. } => "hồ sơ đã được máy khác thay đổi".to_owned(),
        OpResult::Rejected { code, .. } => format!("bị từ chối ({code})"),
    };
    format!("{what} {}: {became}", line.op)
}

/// One row that differs, for people.
fn change(change: &RowChange) -> String {
    let what = match change.what {
        "added" => "thêm",
        "removed" => "bỏ",
        _ => "sửa",
    };
    let cells = change.cells.iter().map(|(c, a, b)| (*c, a.as_str(), b.as_str()));
    changed_row(what, change.sheet, &change.key, cells)
}

fn changed_row<'a>(
    what: &str,
    sheet: &str,
    key: &str,
    cells: impl Iterator<Item = (&'a str, &'a str, &'a str)>,
) -> String {
    let cells: Vec<String> =
        cells.map(|(c, a, b)| format!("{c}: \"{}\" → \"{}\"", short(a), short(b))).collect();
    format!("{what} {sheet} {key} {}", cells.join("; ")).trim_end().to_owned()
}

fn short(text: &str) -> String {
    let line = text.replace('\n', " ");
    if line.chars().count() > 60 { line.chars().take(60).chain(['…']).collect() } else { line }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Arguments;
    use clap::{CommandFactory, Parser};

    fn names(command: &Command, path: &str, found: &mut Vec<String>) {
        for sub in command.get_subcommands() {
            let path = format!("{path} {}", sub.get_name()).trim().to_owned();
            names(sub, &path, found);
            found.push(path);
        }
    }

    #[test]
    fn every_command_has_an_example_that_can_be_typed() {
        let command = vietnamese(Arguments::command());
        command.clone().debug_assert();
        let mut found = Vec::new();
        names(&command, "", &mut found);
        assert_eq!(found.len(), EXAMPLES.len());
        for name in found {
            let example = example_of(&name).unwrap_or_else(|| panic!("{name}"));
            Arguments::try_parse_from(example.split(' ')).unwrap_or_else(|e| panic!("{example}: {e}"));
        }
    }

    #[test]
    fn the_help_of_import_names_every_column() {
        let mut command = vietnamese(Arguments::command());
        let help = command.find_subcommand_mut("import").unwrap().render_long_help().to_string();
        for kind in [ImportKind::Owners, ImportKind::Documents, ImportKind::Dossiers] {
            assert!(columns(kind).iter().all(|c| help.contains(c.name)));
        }
        let officers = command.find_subcommand_mut("officer").unwrap();
        let listed = officers.find_subcommand_mut("import").unwrap().render_long_help().to_string();
        assert!(OFFICER_COLUMNS.iter().all(|c| listed.contains(c.name)));
        assert!(help.contains("Cách dùng:") && help.contains("Mã kết thúc:"));
    }
}
