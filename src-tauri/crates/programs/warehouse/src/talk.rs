//! What the program says: reports for people in Vietnamese or as one JSON line on stdout, trouble on stderr.

use clap::Command;
use motcua_dossier::OutboxKind;
use motcua_warehouse::{
    AuditReport, AuditTrouble, BackupReport, CheckReport, ConfigReport, ImportKind, ImportReport,
    PackageLineReport, PackageReport, RestoreReport, RowReport, ScrubReport, SeedReport, columns,
};
use motcua_wire::OpResult;
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
    ("audit", "motcua-warehouse audit verify --data /var/lib/motcua-warehouse"),
    ("verify", "motcua-warehouse audit verify --data /var/lib/motcua-warehouse --file nhat-ky.jsonl"),
    ("export", "motcua-warehouse audit export --data /var/lib/motcua-warehouse --out nhat-ky.jsonl"),
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
    let example = EXAMPLES.iter().find(|(name, _)| *name == command.get_name()).map(|(_, text)| *text);
    let mut after = String::new();
    if let Some(example) = example {
        after.push_str(&format!("\nVí dụ:\n  {example}\n"));
    }
    if command.get_name() == "import" {
        after.push_str(&lists());
    }
    if command.get_name() == "config" || command.get_name() == "serve" {
        after.push_str(
            "\nBiến môi trường hơn warehouse.json: MOTCUA_WAREHOUSE_LISTEN, _TLS_CERT, _TLS_KEY, _METRICS_FROM, \
             _DEVICE_PER_MINUTE, _ADDRESS_PER_MINUTE, _LOOKUPS_PER_MINUTE.\n",
        );
    }
    after.push_str(&format!("\n{CODES}"));
    command
        .help_template(TEMPLATE)
        .subcommand_help_heading("Lệnh")
        .disable_help_subcommand(true)
        .after_help(after)
        .mut_args(|argument| argument.help_heading("Tùy chọn"))
        .mut_subcommands(vietnamese)
}

fn lists() -> String {
    let mut text = String::from(
        "\nCác cột, tên có dấu hay không dấu đều đọc được; cột có * là bắt buộc. Ngày viết 31/12/2024 hoặc 2024-12-31.\n",
    );
    for (word, kind) in [
        ("owners", ImportKind::Owners),
        ("documents", ImportKind::Documents),
        ("dossiers", ImportKind::Dossiers),
    ] {
        text.push_str(&format!("\n{word}:\n"));
        for column in columns(kind) {
            let mark = if column.required { "*" } else { " " };
            text.push_str(&format!("  {mark} {:<16} {}\n", column.name, column.about));
        }
        let must: Vec<_> = columns(kind).iter().filter(|c| c.required).collect();
        let join = |cells: Vec<&str>| cells.join(";");
        text.push_str(&format!("  Ví dụ: {}\n", join(must.iter().map(|c| c.name).collect())));
        text.push_str(&format!("         {}\n", join(must.iter().map(|c| c.example).collect())));
    }
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
            ];
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
}

fn package_line(line: &PackageLineReport) -> String {
    let what = match line.kind {
        OutboxKind::Document => "giấy tờ số hóa",
        OutboxKind::Acceptance => "hồ sơ tiếp nhận",
        OutboxKind::Result => "kết quả giải quyết",
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Arguments;
    use clap::{CommandFactory, Parser};

    fn names(command: &Command, found: &mut Vec<String>) {
        for sub in command.get_subcommands() {
            found.push(sub.get_name().to_owned());
            names(sub, found);
        }
    }

    #[test]
    fn every_command_has_an_example_that_can_be_typed() {
        let command = vietnamese(Arguments::command());
        command.clone().debug_assert();
        let mut found = Vec::new();
        names(&command, &mut found);
        assert_eq!(found.len(), EXAMPLES.len());
        for name in found {
            let (_, example) = EXAMPLES.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("{name}"));
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
        assert!(help.contains("Cách dùng:") && help.contains("Mã kết thúc:"));
    }
}
