//! The health check behind `motcua doctor`: every part, its state, and one thing to do.

use crate::profile::{CounterProfile, ProfileError};
use motcua_desk::ports::{Clock, PrintError, PrinterInfo, PrinterState, ScanError, VaultStatus};
use motcua_desk::{Desk, DeskError, TokenState};
use motcua_dossier::{SupportContact, Timestamp};
use motcua_link::DeviceIdentity;
use motcua_platform::{ProfileDir, SystemClock};
use serde::Serialize;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// How a part is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Works.
    Good,
    /// The main job goes on without it.
    Warning,
    /// The main job does not.
    Bad,
}

/// One line of the diagnosis; carries no personal data and no secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// Stable name: `profile`, `vault`, `warehouse`, `device`, `scanner`, `printer`, `converter`, `token`, `certificate`, `readers`,
    /// `disk`, `support`.
    pub part: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found, Vietnamese.
    pub state: String,
    /// What to do; empty when nothing is to be done.
    pub action: String,
}

/// Looks at every part once. Changes nothing and needs no secret.
pub async fn diagnose(dir: &ProfileDir, profile: &CounterProfile, desk: &Desk) -> Vec<Finding> {
    let mut found = vec![
        good("profile", format!("{} · {}", profile.agency_name, profile.unit_name)),
        vault(dir, desk).await,
        warehouse(desk).await,
    ];
    found.push(device(dir, SystemClock.now()));
    found.push(scanner(desk).await);
    found.push(printer(desk).await);
    found.push(converter(desk).await);
    found.push(token(profile, desk).await);
    found.extend(certificates(desk).await);
    found.push(readers());
    found.push(disk(dir.root()));
    found.push(judge_support(desk.status().await.support.as_ref()));
    found
}

/// Whom to ask; a counter works without anybody named.
fn judge_support(contact: Option<&SupportContact>) -> Finding {
    match contact {
        Some(contact) => good("support", format!("Khi cần hỗ trợ: {}", contact.line())),
        None => warning(
            "support",
            "Chưa biết liên hệ ai khi cần hỗ trợ",
            "Người quản trị nêu liên hệ trong Quản trị, danh sách Cài đặt; máy này biết sau lần mở khóa kế tiếp.",
        ),
    }
}

/// What can be looked at on a machine whose profile cannot be used.
#[must_use]
pub fn diagnose_without_profile(dir: &ProfileDir, error: &ProfileError) -> Vec<Finding> {
    let (state, action) = match error {
        ProfileError::Absent(path) => (
            format!("Máy này chưa được thiết lập làm quầy tiếp nhận ({})", path.display()),
            "Chép thiết lập do tỉnh cấp vào thư mục đó, hoặc chạy thử với: motcua demo",
        ),
        ProfileError::Newer(version) => {
            (format!("Thiết lập thuộc bản mới hơn ({version})"), "Cài bản Một Cửa mới nhất rồi mở lại.")
        }
        ProfileError::TrainingOutside => (
            "Thiết lập tập huấn chỉ tới một kho ngoài máy này nên không được dùng".into(),
            "Xóa thư mục tập huấn này rồi mở lại bản tập huấn.",
        ),
        ProfileError::Malformed(_) | ProfileError::Io(_) => {
            ("Không đọc được thiết lập của quầy".into(), "Liên hệ người quản trị; không xóa thư mục này.")
        }
    };
    let mut found = vec![bad("profile", &state, action), readers()];
    // A directory that does not exist yet will lie on the disk of its nearest parent.
    found.extend(dir.root().ancestors().find(|path| path.exists()).map(disk));
    found
}

async fn vault(dir: &ProfileDir, desk: &Desk) -> Finding {
    match desk.status().await.vault {
        VaultStatus::Absent => {
            warning("vault", "Chưa có kho trên máy", "Mở ứng dụng và đặt mật khẩu cho cán bộ đầu tiên.")
        }
        VaultStatus::Locked { officers } if motcua_vault::is_in_use(&dir.vault()) => {
            let count = officers.len();
            good("vault", format!("Chương trình khác đang mở (thường là cửa sổ Một Cửa), {count} cán bộ"))
        }
        VaultStatus::Locked { officers } => good("vault", format!("Đang khóa, {} cán bộ", officers.len())),
        VaultStatus::Sealed { at } => bad(
            "vault",
            &format!("Máy đã bị thu hồi, dữ liệu niêm phong lúc {}", at.format_vn()),
            "Không mất gì. Thu hồi nhầm: motcua enrol --code MÃ rồi motcua vault reopen TÊN --key TỆP. Máy bỏ đi: \
             motcua outbox rescue --key TỆP --to GÓI.",
        ),
        VaultStatus::Open { .. } => good("vault", "Đang mở".into()),
    }
}

async fn warehouse(desk: &Desk) -> Finding {
    match desk.reach_warehouse().await {
        Ok(about) => good("warehouse", format!("{} {} trả lời", about.name, about.version)),
        Err(error) => match error.code() {
            "linkIntercepted" => {
                bad("warehouse", "Mạng đang bị chặn giữa", "Không tiếp tục gửi. Báo bộ phận kỹ thuật.")
            }
            "deviceRevoked" => bad("warehouse", "Kho đã thu hồi máy này", ENROL),
            "linkUnauthorized" => bad("warehouse", "Kho không nhận máy này", ENROL),
            _ => warning(
                "warehouse",
                "Không liên lạc được với kho",
                "Vẫn làm việc bình thường; hồ sơ tự gửi khi có mạng.",
            ),
        },
    }
}

const ENROL: &str =
    "Xin quản trị kho cấp mã đăng ký rồi gõ: motcua enrol --code MÃ. Việc chưa gửi vẫn còn nguyên.";

/// The certificate by which the warehouse knows this machine.
fn device(dir: &ProfileDir, now: Timestamp) -> Finding {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let identity = match DeviceIdentity::load(&dir.identity()) {
        Ok(Some(identity)) => identity,
        Ok(None) => return warning("device", "Máy này chưa đăng ký với kho", ENROL),
        Err(error) => {
            tracing::debug!(%error, "identity of the machine");
            return warning("device", "Không đọc được chứng thư của máy", ENROL);
        }
    };
    let (until, days) = (identity.until.day().format_vn(), (identity.until.0 - now.0) / DAY);
    if identity.until < now {
        let state = format!("Chứng thư của máy đã hết hạn ngày {until}");
        let action = format!("Máy tự gia hạn khi liên lạc được với kho; nếu kho không nhận nữa: {ENROL}");
        warning("device", &state, &action)
    } else if identity.renew_from < now {
        let state = format!("Chứng thư của máy hết hạn {until}, còn {days} ngày");
        warning("device", &state, "Máy tự gia hạn khi liên lạc được với kho.")
    } else {
        good("device", format!("Chứng thư của máy dùng được đến {until}"))
    }
}

async fn scanner(desk: &Desk) -> Finding {
    match desk.scanners(&CancellationToken::new()).await {
        Ok(list) if list.is_empty() => {
            warning("scanner", "Không thấy máy quét", "Kiểm tra dây và nguồn của máy quét.")
        }
        Ok(list) => good("scanner", list.iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join(", ")),
        Err(DeskError::Scan(ScanError::NoSystem)) => {
            warning("scanner", "Máy này chưa có phần mềm máy quét (libsane)", "Cài gói libsane1.")
        }
        Err(error) => warning(
            "scanner",
            &format!("Máy quét không trả lời ({})", error.code()),
            "Rút máy quét ra, cắm lại.",
        ),
    }
}

/// The printer of the forms where the vault is open and one is chosen, else every printer there is.
async fn printer(desk: &Desk) -> Finding {
    let chosen = desk.print_settings().await.unwrap_or_default().forms;
    match desk.printers().await {
        Ok(list) => judge_printers(&list, chosen.as_deref()),
        Err(DeskError::Print(PrintError::NoSystem)) => {
            warning("printer", "Hệ thống in (CUPS) không chạy trên máy này", "Cài gói cups, rồi thêm máy in.")
        }
        Err(error) => warning(
            "printer",
            &format!("Hệ thống in không trả lời ({})", error.code()),
            "Khởi động lại dịch vụ cups.",
        ),
    }
}

/// What makes PDFs of Word files.
async fn converter(desk: &Desk) -> Finding {
    match desk.converter().await {
        Ok(info) if info.fenced => good("converter", info.name),
        Ok(info) => good("converter", format!("{}; hệ điều hành này không chặn mạng của nó", info.name)),
        Err(_) => warning(
            "converter",
            "Chưa có LibreOffice, không chuyển được tệp Word sang PDF",
            "Cài gói libreoffice-writer-nogui và fonts-liberation; chưa có thì in ra rồi quét.",
        ),
    }
}

fn judge_printers(list: &[PrinterInfo], chosen: Option<&str>) -> Finding {
    const LOOK: &str = "Hồ sơ vẫn tiếp nhận bình thường; xử lý máy in rồi bấm In lại.";
    if let Some(chosen) = chosen {
        return match list.iter().find(|printer| printer.id == chosen) {
            None => warning(
                "printer",
                &format!("Máy in đã chọn ({chosen}) không còn"),
                "Chọn lại: motcua printer choose TÊN",
            ),
            Some(printer) if printer.state.is_trouble() => {
                warning("printer", &format!("{chosen}: {}", printer_word(printer.state)), LOOK)
            }
            Some(printer) => good("printer", format!("{chosen}: {}", printer_word(printer.state))),
        };
    }
    if list.is_empty() {
        return warning(
            "printer",
            "Không thấy máy in",
            "Thêm máy in vào CUPS; chưa có vẫn in được từ cửa sổ.",
        );
    }
    let each = |printer: &PrinterInfo| format!("{}: {}", printer.id, printer_word(printer.state));
    good("printer", list.iter().map(each).collect::<Vec<_>>().join(", "))
}

fn printer_word(state: PrinterState) -> &'static str {
    match state {
        PrinterState::Ready => "sẵn sàng",
        PrinterState::Printing => "đang in",
        PrinterState::Stopped => "đang tạm dừng",
        PrinterState::PaperOut => "hết giấy",
        PrinterState::Jammed => "kẹt giấy",
        PrinterState::Offline => "không kết nối",
        PrinterState::Trouble => "báo lỗi",
    }
}

async fn token(profile: &CounterProfile, desk: &Desk) -> Finding {
    match desk.token_state().await {
        Ok(TokenState::None) if !profile.pkcs11_module.exists() => warning(
            "token",
            &format!("Không có phần mềm thiết bị ký số {}", profile.pkcs11_module.display()),
            "Cài phần mềm của nhà cung cấp và chọn lại trong cài đặt.",
        ),
        Ok(TokenState::None) => warning("token", "Chưa cắm thiết bị ký số", "Cắm thiết bị ký số."),
        Ok(TokenState::Locked { label }) => bad(
            "token",
            &format!("Thiết bị ký số {label} đã bị khóa PIN"),
            "Liên hệ nơi cấp chứng thư để mở khóa.",
        ),
        Ok(TokenState::Present { label, .. }) => good("token", label),
        Err(error) => warning(
            "token",
            &format!("Thiết bị ký số không trả lời ({})", error.code()),
            "Rút thiết bị ký số ra, cắm lại.",
        ),
    }
}

/// One line for each certificate, by its fingerprint: its name may be a person's.
async fn certificates(desk: &Desk) -> Vec<Finding> {
    // What keeps the token from being read is told in its own line.
    let held = desk.token_certificates().await.unwrap_or_default();
    let now = SystemClock.now();
    let mut dates: Vec<_> =
        held.into_iter().map(|(print, card)| (print, card.valid_from, card.valid_until)).collect();
    dates.sort_by_key(|(_, _, until)| std::cmp::Reverse(*until));
    judge_certificates(&dates, now)
}

/// Days before its end from which on a certificate is to be renewed.
const RENEWAL_DAYS: i64 = 30;

/// An expired certificate is a fault when no other can sign in its place.
fn judge_certificates(dates: &[(String, Timestamp, Timestamp)], now: Timestamp) -> Vec<Finding> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let works = |from: Timestamp, until: Timestamp| from <= now && now <= until;
    let none_works = !dates.iter().any(|(_, from, until)| works(*from, *until));
    let judge = |(print, from, until): &(String, Timestamp, Timestamp)| {
        let named: String = print.chars().take(8).collect();
        let days = (until.0 - now.0) / DAY;
        if *until < now {
            let state = format!("{named}… đã hết hạn {}", until.day().format_vn());
            let action = "Xin cấp chứng thư mới; xem chứng thư của ai bằng: motcua certificates";
            if none_works {
                bad("certificate", &state, action)
            } else {
                warning("certificate", &state, action)
            }
        } else if *from > now {
            let state = format!("{named}… chưa có hiệu lực, dùng được từ {}", from.day().format_vn());
            warning("certificate", &state, "Ký bằng chứng thư khác cho đến ngày đó.")
        } else if days < RENEWAL_DAYS {
            let state = format!("{named}… hết hạn {}, còn {days} ngày", until.day().format_vn());
            warning("certificate", &state, "Xin gia hạn ngay; hết hạn thì không ký số được.")
        } else {
            good("certificate", format!("{named}… dùng được đến {}", until.day().format_vn()))
        }
    };
    dates.iter().map(judge).collect()
}

fn readers() -> Finding {
    match motcua_token::readers() {
        Ok(list) => good("readers", format!("{} đầu đọc thẻ", list.len())),
        Err(error) => {
            tracing::debug!(%error, "card readers");
            warning(
                "readers",
                "Không hỏi được dịch vụ đầu đọc thẻ (pcscd)",
                "Chỉ cần khi thiết bị ký số là thẻ: bật pcscd.",
            )
        }
    }
}

fn disk(path: &Path) -> Finding {
    match free_bytes(path) {
        Some(free) if free < 1 << 30 => {
            bad("disk", &format!("Còn {} MB trống", free >> 20), "Dọn đĩa: quét và lưu cần ít nhất 1 GB.")
        }
        Some(free) => good("disk", format!("Còn {} GB trống", free >> 30)),
        None => warning("disk", "Không đọc được dung lượng đĩa", ""),
    }
}

fn free_bytes(path: &Path) -> Option<u64> {
    let state = rustix::fs::statvfs(path).ok()?;
    state.f_bavail.checked_mul(state.f_frsize)
}

fn good(part: &'static str, state: String) -> Finding {
    Finding { part, health: Health::Good, state, action: String::new() }
}

fn warning(part: &'static str, state: &str, action: &str) -> Finding {
    Finding { part, health: Health::Warning, state: state.into(), action: action.into() }
}

fn bad(part: &'static str, state: &str, action: &str) -> Finding {
    Finding { part, health: Health::Bad, state: state.into(), action: action.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_printer_is_told_and_never_keeps_the_main_job_from_going_on() {
        let printer = |id: &str, state| PrinterInfo { id: id.into(), label: id.into(), state };
        let list = [printer("quay-1", PrinterState::PaperOut), printer("phieu", PrinterState::Ready)];
        let told = |chosen| judge_printers(&list, chosen);
        assert_eq!(
            (told(None).health, told(None).state.as_str()),
            (Health::Good, "quay-1: hết giấy, phieu: sẵn sàng")
        );
        assert_eq!(told(Some("phieu")).health, Health::Good);
        assert_eq!(
            (told(Some("quay-1")).health, told(Some("quay-1")).state.as_str()),
            (Health::Warning, "quay-1: hết giấy")
        );
        assert_eq!(told(Some("gone")).health, Health::Warning);
        assert_eq!(judge_printers(&[], None).health, Health::Warning);
    }

    #[test]
    fn whoever_helps_is_named_and_nobody_named_is_told_with_what_to_do() {
        let contact = SupportContact {
            unit: "Tổ hỗ trợ (DEMO)".into(),
            phone: "0256 000 000".into(),
            zalo: "0900 000 000".into(),
            ..SupportContact::default()
        };
        let told = judge_support(Some(&contact));
        let state = "Khi cần hỗ trợ: Tổ hỗ trợ (DEMO) · 0256 000 000 · Zalo 0900 000 000";
        assert_eq!((told.health, told.state.as_str()), (Health::Good, state));
        let none = judge_support(None);
        assert!(none.health == Health::Warning && none.action.contains("Quản trị"));
    }

    #[test]
    fn certificates_are_told_by_their_dates() {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let now = Timestamp(1_795_143_600_000);
        let dated = |from: i64, until: i64| {
            ("4f1c2a9b77".to_owned(), Timestamp(now.0 + from * DAY), Timestamp(now.0 + until * DAY))
        };
        let all = [dated(-9, 400), dated(-9, 29), dated(-9, -1), dated(9, 400)];
        let told = judge_certificates(&all, now);
        let healths: Vec<_> = told.iter().map(|f| f.health).collect();
        assert_eq!(healths, [Health::Good, Health::Warning, Health::Warning, Health::Warning]);
        assert!(told[1].state.contains("còn 29 ngày") && told[2].state.contains("đã hết hạn"));
        assert!(told.iter().all(|f| f.state.starts_with("4f1c2a9b… ")));
        let alone = judge_certificates(&all[2..], now);
        assert_eq!(alone[0].health, Health::Bad, "nothing can sign");
        assert_eq!(alone[1].health, Health::Warning);
        assert!(judge_certificates(&[], now).is_empty());
    }
}
