//! motcua-warehouse: the provincial warehouse.
#![forbid(unsafe_code)]

mod talk;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use motcua_warehouse::{
    AuditError, Config, ConfigError, ImportError, ImportKind, ImportWish, PREFIX, audit_export, audit_verify,
    audit_verify_export, back_up, check, config_check, import, import_package, read_recovery_key,
    receipt_key, restore, scrub, seed, serve,
};
use std::io::{BufReader, BufWriter, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use talk::Tell;
use zeroize::Zeroizing;

/// Something was found wrong, or rows were refused; the report says what.
const FOUND: u8 = 1;
/// Typed wrong, or settings that cannot be used.
const WRONG_USE: u8 = 2;
/// Could not be done: disk, database, another program.
const FAILED: u8 = 3;

/// Kho dữ liệu của tỉnh (Một Cửa).
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Báo cáo bằng JSON trên stdout.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
struct Place {
    /// Thư mục dữ liệu; không ghi thì lấy MOTCUA_WAREHOUSE_DATA.
    #[arg(long)]
    data: Option<PathBuf>,
}

impl Place {
    fn get(self) -> Result<PathBuf, ConfigError> {
        let said = || std::env::var_os(format!("{PREFIX}DATA")).filter(|v| !v.is_empty()).map(PathBuf::from);
        self.data.or_else(said).ok_or(ConfigError::Variable("DATA"))
    }
}

#[derive(Subcommand)]
enum Command {
    /// Phục vụ các quầy qua HTTPS đến khi nhận SIGTERM; khi sẵn sàng in một dòng JSON.
    Serve {
        #[command(flatten)]
        place: Place,
        /// Địa chỉ, cổng 0 là cổng bất kỳ; hơn warehouse.json.
        #[arg(long)]
        listen: Option<String>,
        /// Chỉ kiểm tra cấu hình, không chạy.
        #[arg(long)]
        check: bool,
    },
    /// Cho biết cấu hình sẽ dùng, lấy từ đâu, và có gì sai.
    Config {
        #[command(flatten)]
        place: Place,
        /// Như mặc định; để viết như ở serve.
        #[arg(long)]
        check: bool,
    },
    /// Nạp danh mục, máy, tài khoản định danh và giấy tờ; nạp lại không đổi gì.
    Seed {
        #[command(flatten)]
        place: Place,
        /// Tệp dữ liệu; giấy tờ nằm cạnh nó.
        #[arg(long)]
        file: PathBuf,
    },
    /// Nhận gói niêm phong của quầy (`motcua outbox export`) mang tới bằng USB: kiểm tra như khi gửi qua mạng;
    /// nhận lại không đổi gì.
    ImportPackage {
        #[command(flatten)]
        place: Place,
        /// Khóa khôi phục riêng của cơ quan, 64 chữ số hex.
        #[arg(long)]
        key: PathBuf,
        /// Gói (*.mcgoi).
        package: PathBuf,
    },
    /// Kiểm tra cơ sở dữ liệu, mọi tệp tin và biên nhận.
    Check {
        #[command(flatten)]
        place: Place,
    },
    /// Sao lưu trong khi kho đang phục vụ; chỉ chép tệp tin mới, đọc lại rồi mới báo xong.
    Backup {
        #[command(flatten)]
        place: Place,
        /// Thư mục sao lưu.
        #[arg(long)]
        to: PathBuf,
        /// Đọc lại cả các tệp tin của những lần trước.
        #[arg(long)]
        whole: bool,
        /// Chỉ giữ chừng này bản mới nhất.
        #[arg(long)]
        keep: Option<usize>,
    },
    /// Khôi phục từ bản sao lưu mới nhất, hoặc bản được chỉ; các quầy sẽ gửi lại phần còn thiếu.
    Restore {
        /// Thư mục sao lưu, hoặc một bản trong đó.
        #[arg(long)]
        from: PathBuf,
        #[command(flatten)]
        place: Place,
        /// Cho phép thư mục đã có dữ liệu: dữ liệu cũ được dời sang bên, không xóa.
        #[arg(long)]
        replace: bool,
    },
    /// Đọc lại một phần tệp tin và so mã băm: chạy mỗi ngày, sau --share ngày là hết một vòng.
    Scrub {
        #[command(flatten)]
        place: Place,
        /// Một phần mấy; 1 là tất cả.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..))]
        share: u16,
        /// Dời tệp tin hỏng sang thư mục damaged để quầy gửi lại.
        #[arg(long)]
        set_aside: bool,
    },
    /// Nhật ký truy vết: kiểm tra hoặc xuất.
    #[command(subcommand)]
    Audit(Audit),
    /// Nhập giấy tờ, hồ sơ, chủ sở hữu đã có của tỉnh từ CSV; nhập lại không đổi gì.
    Import {
        /// Danh sách gì.
        kind: Kind,
        #[command(flatten)]
        place: Place,
        /// Tệp CSV (UTF-8; dấu phẩy, chấm phẩy hoặc tab).
        #[arg(long)]
        csv: PathBuf,
        /// Thư mục chứa các tệp tin mà danh sách nêu tên; không ghi thì là thư mục của tệp CSV.
        #[arg(long)]
        files: Option<PathBuf>,
        /// Chỉ báo sẽ ra sao, không ghi gì.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
enum Audit {
    /// Đi hết chuỗi nhật ký: dòng bị xóa, sửa, đảo chỗ; chữ ký của kho.
    Verify {
        #[command(flatten)]
        place: Place,
        /// Đầu chuỗi đã ghi lại lần trước (số:mã băm): thấy cả khi bị cắt ở cuối.
        #[arg(long)]
        noted: Option<String>,
        /// Kiểm tra một tệp đã xuất thay cho cơ sở dữ liệu.
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Xuất nhật ký ra JSONL.
    Export {
        #[command(flatten)]
        place: Place,
        /// Tệp ghi ra; không ghi thì là stdout.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Chủ sở hữu và các số của họ.
    Owners,
    /// Giấy tờ với tệp PDF.
    Documents,
    /// Hồ sơ chưa trả kết quả, giữ mã cũ.
    Dossiers,
}

impl From<Kind> for ImportKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Owners => Self::Owners,
            Kind::Documents => Self::Documents,
            Kind::Dossiers => Self::Dossiers,
        }
    }
}

fn main() -> ExitCode {
    // Fails only when one is installed already, and then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let matches = talk::vietnamese(Arguments::command()).get_matches();
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("MOTCUA_LOG").unwrap_or_else(|_| "info".into()),
        )
        .init();
    let tell = Tell { json: arguments.json };
    match run(arguments.command, tell) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FOUND),
        Err(error) => {
            tell.trouble(&error);
            let wrong_use = error.chain().any(|cause| {
                cause.is::<ConfigError>()
                    || matches!(cause.downcast_ref(), Some(ImportError::Head(_)))
                    || matches!(cause.downcast_ref(), Some(AuditError::Noted))
            });
            ExitCode::from(if wrong_use { WRONG_USE } else { FAILED })
        }
    }
}

/// Runs a command; false when it found something wrong.
fn run(command: Command, tell: Tell) -> anyhow::Result<bool> {
    match command {
        Command::Serve { place, listen, check: true } => {
            return Ok(tell.config(&config_check(&place.get()?, listen.as_deref(), &environment())));
        }
        Command::Serve { place, listen, check: false } => {
            let config = Config::load(&place.get()?)?;
            let address = listen.unwrap_or_else(|| config.listen.clone());
            let listener =
                TcpListener::bind(&address).with_context(|| format!("cannot listen on {address}"))?;
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(serve(config, listener, |url| {
                talk::line(&serde_json::json!({ "listening": url }));
            }))?;
        }
        Command::Config { place, .. } => {
            return Ok(tell.config(&config_check(&place.get()?, None, &environment())));
        }
        Command::ImportPackage { place, key, package } => {
            let text = std::fs::read_to_string(&key).map(Zeroizing::new);
            let text = text.with_context(|| format!("không đọc được {}", key.display()))?;
            let key = read_recovery_key(&text)?;
            return Ok(tell.package(&import_package(&Config::load(&place.get()?)?, &key, &package)?));
        }
        Command::Seed { place, file } => {
            tell.seed(&seed(&Config::load(&place.get()?)?, &file)?);
        }
        Command::Check { place } => {
            return Ok(tell.check(&check(&Config::load(&place.get()?)?)?));
        }
        Command::Backup { place, to, whole, keep } => {
            return Ok(tell.backup(&back_up(&Config::load(&place.get()?)?, &to, whole, keep)?));
        }
        Command::Restore { from, place, replace } => {
            return Ok(tell.restore(&restore(&from, &place.get()?, replace)?));
        }
        Command::Scrub { place, share, set_aside } => {
            return Ok(tell.scrub(&scrub(&Config::load(&place.get()?)?, share, set_aside)?));
        }
        Command::Audit(Audit::Verify { place, noted, file }) => {
            let data = place.get()?;
            let report = match file {
                None => audit_verify(&Config::load(&data)?, noted.as_deref())?,
                Some(file) => {
                    let mut export = BufReader::new(std::fs::File::open(file)?);
                    audit_verify_export(&mut export, &receipt_key(&data)?.verifying_key(), noted.as_deref())?
                }
            };
            return Ok(tell.audit(&report));
        }
        Command::Audit(Audit::Export { place, out }) => {
            let config = Config::load(&place.get()?)?;
            match out {
                None => {
                    let mut out = BufWriter::new(std::io::stdout().lock());
                    audit_export(&config, &mut out)?;
                    out.flush()?;
                }
                Some(path) => {
                    let mut out = BufWriter::new(std::fs::File::create_new(path)?);
                    let entries = audit_export(&config, &mut out)?;
                    out.into_inner()?.sync_all()?;
                    tell.exported(entries);
                }
            }
        }
        Command::Import { kind, place, csv, files, dry_run } => {
            let beside = || csv.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(".".as_ref()).into();
            let files = files.unwrap_or_else(beside);
            let wish = ImportWish { kind: kind.into(), csv, files, dry_run };
            let report = import(&Config::load(&place.get()?)?, &wish, &mut |row| tell.row(row))?;
            return Ok(tell.import(&report));
        }
    }
    Ok(true)
}

/// Every variable that is text.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?))).collect()
}
