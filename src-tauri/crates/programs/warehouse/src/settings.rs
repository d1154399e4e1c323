//! "What would this server use, and what is wrong with it": the check of the settings before a start.

use crate::config::{PREFIX, VARIABLES};
use crate::health::{MIN_FREE, free_bytes};
use crate::store::Records;
use crate::{Config, ConfigError, StoreError};
use serde::Serialize;
use std::net::ToSocketAddrs;
use std::path::Path;

/// One setting, its value and where that comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Setting {
    /// Name as in `warehouse.json`.
    pub name: &'static str,
    /// Value as text.
    pub value: String,
    /// `command line`, `environment`, `file` or `default`.
    pub from: &'static str,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SettingProblem {
    /// What it is about.
    pub name: String,
    /// Stable code.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// The server would not start; else it starts and does not do everything.
    pub fatal: bool,
}

/// What a server would use.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ConfigReport {
    /// Every setting.
    pub settings: Vec<Setting>,
    /// What is wrong.
    pub problems: Vec<SettingProblem>,
}

impl ConfigReport {
    /// The server would start.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.problems.iter().all(|p| !p.fatal)
    }

    fn wrong(&mut self, name: &str, code: &'static str, message: &str, fatal: bool) {
        self.problems.push(SettingProblem {
            name: name.to_owned(),
            code,
            message: message.to_owned(),
            fatal,
        });
    }
}

/// Checks the settings of a data directory; changes nothing. `environment` is every variable of the program.
#[must_use]
pub fn config_check(data: &Path, listen: Option<&str>, environment: &[(String, String)]) -> ConfigReport {
    let mut report = ConfigReport::default();
    let said = |name: &str| environment.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    for (name, _) in environment {
        if name.strip_prefix(PREFIX).is_some_and(|rest| !VARIABLES.contains(&rest) && rest != "DATA") {
            report.wrong(name, "variableUnknown", "Không có biến môi trường này, có thể gõ nhầm", false);
        }
    }
    let mut config = match Config::load_with(data, &said) {
        Ok(config) => config,
        Err(error) => {
            let (name, code, message) = match &error {
                ConfigError::Io(_) => ("warehouse.json", "fileUnreadable", "Không đọc được tệp cấu hình"),
                ConfigError::Malformed(_) => {
                    ("warehouse.json", "fileMalformed", "Tệp cấu hình không đúng dạng")
                }
                ConfigError::Newer(_) => {
                    ("warehouse.json", "fileNewer", "Tệp cấu hình của phiên bản mới hơn")
                }
                ConfigError::Variable(name) => (*name, "variableMalformed", "Giá trị không đúng dạng"),
            };
            report.wrong(name, code, &format!("{message}: {error}"), true);
            return report;
        }
    };
    let file: serde_json::Value = std::fs::read(data.join("warehouse.json"))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    if let Some(listen) = listen {
        listen.clone_into(&mut config.listen);
    }
    let addresses: Vec<String> = config.metrics_from.iter().map(ToString::to_string).collect();
    let rows = [
        ("listen", config.listen.clone(), "LISTEN", "/listen"),
        ("tls_cert", data.join(&config.tls_cert).display().to_string(), "TLS_CERT", "/tls_cert"),
        ("tls_key", data.join(&config.tls_key).display().to_string(), "TLS_KEY", "/tls_key"),
        ("metrics_from", addresses.join(","), "METRICS_FROM", "/metrics_from"),
        (
            "device_per_minute",
            config.limits.device_per_minute.to_string(),
            "DEVICE_PER_MINUTE",
            "/limits/device_per_minute",
        ),
        (
            "address_per_minute",
            config.limits.address_per_minute.to_string(),
            "ADDRESS_PER_MINUTE",
            "/limits/address_per_minute",
        ),
        (
            "lookups_per_minute",
            config.limits.lookups_per_minute.to_string(),
            "LOOKUPS_PER_MINUTE",
            "/limits/lookups_per_minute",
        ),
        (
            "logins_per_minute",
            config.limits.logins_per_minute.to_string(),
            "LOGINS_PER_MINUTE",
            "/limits/logins_per_minute",
        ),
    ];
    let notices = &config.notices;
    let channels = [
        ("notices.zalo", &notices.zalo, "ZALO_URL", "/notices/zalo"),
        ("notices.sms", &notices.sms, "SMS_URL", "/notices/sms"),
        ("notices.email", &notices.email, "EMAIL_URL", "/notices/email"),
    ];
    let senders = channels.map(|(name, sender, variable, pointer)| {
        let value = sender.as_ref().map_or_else(|| "notices.jsonl".to_owned(), |s| s.url.clone());
        (name, value, variable, pointer)
    });
    let numbers = [
        ("notices.attempts", notices.attempts, "NOTICE_ATTEMPTS", "/notices/attempts"),
        ("notices.give_up_days", notices.give_up_days, "NOTICE_GIVE_UP_DAYS", "/notices/give_up_days"),
        ("notices.hold_days", notices.hold_days, "NOTICE_HOLD_DAYS", "/notices/hold_days"),
    ];
    let numbers =
        numbers.map(|(name, value, variable, pointer)| (name, value.to_string(), variable, pointer));
    for (name, value, variable, pointer) in rows.into_iter().chain(senders).chain(numbers) {
        let from = if name == "listen" && listen.is_some() {
            "command line"
        } else if said(&format!("{PREFIX}{variable}")).is_some_and(|v| !v.trim().is_empty()) {
            "environment"
        } else if file.pointer(pointer).is_some() {
            "file"
        } else {
            "default"
        };
        report.settings.push(Setting { name, value, from });
    }
    examine(data, &config, &mut report);
    report
}

fn examine(data: &Path, config: &Config, report: &mut ConfigReport) {
    if config.listen.to_socket_addrs().is_err() {
        report.wrong("listen", "addressMalformed", "Địa chỉ không đúng dạng (ví dụ 0.0.0.0:8843)", true);
    }
    if let Err(error) = crate::server::tls_of(&data.join(&config.tls_cert), &data.join(&config.tls_key), None)
    {
        let message = format!("Không dùng được chứng thư TLS hoặc khóa: {error}");
        report.wrong("tls_cert", "tlsUnusable", &message, true);
    }
    for (channel, why) in crate::notices::Outbox::new(config).troubles() {
        let message = format!("Kênh thông báo này sẽ chờ, không gửi được với cấu hình hiện có: {why}");
        report.wrong(&format!("notices.{channel}"), "noticesUnusable", &message, false);
    }
    for sender in [&config.notices.zalo, &config.notices.sms, &config.notices.email].into_iter().flatten() {
        #[cfg(unix)]
        if let Some(file) = &sender.headers_file
            && std::fs::metadata(data.join(file))
                .is_ok_and(|m| std::os::unix::fs::PermissionsExt::mode(&m.permissions()) & 0o077 != 0)
        {
            let message = "Người khác trên máy chủ đọc được khóa của dịch vụ gửi thông báo (chmod 600)";
            report.wrong("headers_file", "headersReadable", message, false);
        }
    }
    if crate::backup::is_half_restored(data) {
        let message = "Lần khôi phục trước chưa xong, hãy chạy lại lệnh restore";
        report.wrong("data", "halfRestored", message, true);
    }
    if std::fs::metadata(data).map_or(true, |m| !m.is_dir() || m.permissions().readonly()) {
        report.wrong("data", "dataNotWritable", "Không ghi được vào thư mục dữ liệu", true);
    }
    if free_bytes(data).is_some_and(|free| free < MIN_FREE) {
        report.wrong("data", "diskNearlyFull", "Ổ đĩa của thư mục dữ liệu gần đầy", false);
    }
    let key = data.join("receipt.key");
    if key.is_file() {
        if crate::receipt_key(data).is_err() {
            report.wrong("receipt.key", "keyUnusable", "Không đọc được khóa ký biên nhận", true);
        }
        #[cfg(unix)]
        if std::fs::metadata(&key)
            .is_ok_and(|m| std::os::unix::fs::PermissionsExt::mode(&m.permissions()) & 0o077 != 0)
        {
            let message = "Người khác trên máy chủ đọc được khóa ký biên nhận (chmod 600)";
            report.wrong("receipt.key", "keyReadable", message, false);
        }
    }
    let records = data.join("records.db");
    if !records.is_file() {
        report.wrong("records.db", "empty", "Kho còn trống: nạp dữ liệu danh mục bằng lệnh seed", false);
        return;
    }
    match Records::open_copy(&records).and_then(|r| r.read(|v| v.newest_reference_version())) {
        Ok(Some(_)) => {}
        Ok(None) => {
            report.wrong("records.db", "empty", "Kho chưa có dữ liệu danh mục: chạy lệnh seed", false);
        }
        Err(StoreError::Newer) => {
            report.wrong("records.db", "recordsNewer", "Dữ liệu của phiên bản mới hơn", true);
        }
        Err(error) => {
            let message = format!("Không đọc được cơ sở dữ liệu: {error}");
            report.wrong("records.db", "recordsUnreadable", &message, true);
        }
    }
}
