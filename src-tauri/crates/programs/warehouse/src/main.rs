//! motcua-warehouse: the provincial warehouse.
#![forbid(unsafe_code)]

mod talk;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use motcua_dossier::{AgencyCode, Day, DeviceId};
use motcua_warehouse::{
    AuditError, Config, ConfigError, DeviceError, GrantWish, ImportError, ImportKind, ImportWish,
    NoticeState, OfficerError, PREFIX, RowWish, Which, add_officer, audit_export, audit_verify,
    audit_verify_export, back_up, carried_packages, check, config_check, device_code, device_code_again,
    devices, end_officer, grant, import, import_carried, import_officers, import_package, notices_list,
    notices_release, notices_retry, officers, portal_code, read_recovery_key, receipt_key, reference_diff,
    reference_export, reference_history, reference_import, reference_list, reference_rows, reference_set,
    reference_undo, restore, revoke_device, revoke_grant, scrub, seed, serve, set_officer_secret,
};
use motcua_wire::Role;
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
        /// Nhận cả khi máy làm ra gói đã bị thu hồi; người nhận biết gói từ tay ai.
        #[arg(long)]
        revoked: bool,
        /// Nhận mọi gói mà quầy khác đã gửi hộ và còn chờ (xem `packages`).
        #[arg(long)]
        carried: bool,
        /// Gói (*.mcgoi).
        #[arg(required_unless_present = "carried", conflicts_with = "carried")]
        package: Option<PathBuf>,
    },
    /// Liệt kê các gói niêm phong mà quầy khác đã gửi hộ.
    Packages {
        #[command(flatten)]
        place: Place,
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
    /// Máy của các quầy: cấp mã đăng ký, liệt kê, thu hồi.
    #[command(subcommand)]
    Device(Device),
    /// Cán bộ và quyền của họ ở kho.
    #[command(subcommand)]
    Officer(Officer),
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
    /// Dữ liệu danh mục có phiên bản: thủ tục, thành phần, danh mục, tổ chức, lịch, biểu mẫu, hướng dẫn, chỉ tiêu,
    /// nội dung thông báo, chứng thư.
    #[command(subcommand)]
    Reference(Reference),
    /// Như chỗ Quản trị trên cửa sổ: xem và sửa từng dòng danh mục, dùng lại một phiên bản. Cả danh sách thì dùng
    /// `reference`; cán bộ và máy thì dùng `officer` và `device`.
    #[command(subcommand)]
    Admin(Admin),
    /// Thông báo cho người dân: xem, gửi lại.
    #[command(subcommand)]
    Notices(Notices),
}

#[derive(Subcommand)]
enum Reference {
    /// Nạp một phiên bản từ XLSX, JSON, thư mục CSV hoặc một tệp CSV; danh sách không có trong tệp giữ nguyên. Một ô
    /// sai thì không nhận gì; nội dung như cũ thì không có phiên bản mới.
    Import {
        #[command(flatten)]
        place: Place,
        /// Tệp hoặc thư mục.
        file: PathBuf,
        /// Ngày bắt đầu có hiệu lực (31/12/2026 hoặc 2026-12-31); không ghi thì ngay bây giờ.
        #[arg(long, value_parser = day)]
        from: Option<Day>,
        /// Chỉ báo sẽ ra sao, không ghi gì.
        #[arg(long)]
        dry_run: bool,
    },
    /// Xuất một phiên bản ra XLSX (.xlsx), JSON (.json) hoặc thư mục CSV.
    Export {
        #[command(flatten)]
        place: Place,
        /// Tệp hoặc thư mục ghi ra.
        #[arg(long)]
        to: PathBuf,
        /// Số phiên bản; không ghi thì phiên bản đang có hiệu lực.
        #[arg(long)]
        version: Option<u64>,
        /// Phiên bản có hiệu lực vào ngày đó.
        #[arg(long, value_parser = day, conflicts_with = "version")]
        at: Option<Day>,
    },
    /// Liệt kê các phiên bản, mới nhất trước.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Một dòng đã thay đổi ở những phiên bản nào.
    History {
        #[command(flatten)]
        place: Place,
        /// Danh sách, ví dụ thu_tuc.
        #[arg(long)]
        sheet: String,
        /// Khóa của dòng: các cột đầu, cách nhau bằng dấu cách.
        #[arg(long)]
        key: String,
    },
    /// Hai phiên bản khác nhau ở những dòng nào.
    Diff {
        #[command(flatten)]
        place: Place,
        /// Phiên bản trước.
        from: u64,
        /// Phiên bản sau.
        to: u64,
    },
}

/// What every change of the lists says.
#[derive(clap::Args)]
struct Making {
    /// Lý do, căn cứ; ghi vào lịch sử.
    #[arg(long)]
    reason: String,
    /// Ngày bắt đầu có hiệu lực (31/12/2026 hoặc 2026-12-31); không ghi thì ngay bây giờ.
    #[arg(long, value_parser = day)]
    from: Option<Day>,
    /// Chỉ báo sẽ ra sao, không ghi gì.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Subcommand)]
enum Admin {
    /// Các dòng của một danh sách.
    Rows {
        #[command(flatten)]
        place: Place,
        /// Danh sách, ví dụ lich.
        sheet: String,
        /// Số phiên bản; không ghi thì phiên bản đang có hiệu lực.
        #[arg(long)]
        version: Option<u64>,
    },
    /// Thêm một dòng, hoặc sửa dòng có khóa đó: ô không nêu giữ nguyên.
    Set {
        #[command(flatten)]
        place: Place,
        /// Danh sách, ví dụ lich.
        sheet: String,
        /// Khóa của dòng cần sửa: các cột đầu, cách nhau bằng dấu cách; không ghi thì thêm dòng mới.
        #[arg(long)]
        key: Option<String>,
        /// Ô, viết cột=giá trị; nhiều ô thì viết nhiều lần.
        #[arg(long = "cell", value_parser = cell, required = true)]
        cells: Vec<(String, String)>,
        #[command(flatten)]
        making: Making,
    },
    /// Bỏ một dòng; phiên bản cũ vẫn còn dòng đó.
    Remove {
        #[command(flatten)]
        place: Place,
        /// Danh sách, ví dụ lich.
        sheet: String,
        /// Khóa của dòng: các cột đầu, cách nhau bằng dấu cách.
        #[arg(long)]
        key: String,
        #[command(flatten)]
        making: Making,
    },
    /// Dùng lại nội dung của một phiên bản trước, thành phiên bản mới; không xóa gì.
    Undo {
        #[command(flatten)]
        place: Place,
        /// Số phiên bản dùng lại.
        version: u64,
        #[command(flatten)]
        making: Making,
    },
}

fn cell(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(column, _)| !column.is_empty());
    parts.map(|(c, v)| (c.to_owned(), v.to_owned())).ok_or_else(|| "ô viết cột=giá trị".to_owned())
}

#[derive(Subcommand)]
enum Notices {
    /// Liệt kê thông báo, mới nhất trước; không có nội dung và số đầy đủ.
    List {
        #[command(flatten)]
        place: Place,
        /// Chỉ trạng thái này.
        #[arg(long)]
        state: Option<State>,
        /// Nhiều nhất.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Thôi giữ thông báo sau khi khôi phục: gửi ngay những gì đang chờ.
    Release {
        #[command(flatten)]
        place: Place,
    },
    /// Gửi lại thông báo đã bỏ: một số hoặc tất cả.
    Retry {
        #[command(flatten)]
        place: Place,
        /// Số của thông báo trong danh sách.
        #[arg(required_unless_present = "all")]
        id: Option<u64>,
        /// Tất cả.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    /// Đang chờ gửi.
    Waiting,
    /// Đã gửi.
    Sent,
    /// Đã bỏ sau nhiều lần thử.
    Dead,
    /// Không gửi vì có từ trước khi khôi phục kho.
    Withheld,
}

impl From<State> for NoticeState {
    fn from(state: State) -> Self {
        match state {
            State::Waiting => Self::Waiting,
            State::Sent => Self::Sent,
            State::Dead => Self::Dead,
            State::Withheld => Self::Withheld,
        }
    }
}

#[derive(Subcommand)]
enum Device {
    /// Cấp mã đăng ký cho một máy, dùng một lần trong 10 phút: `motcua enrol --code MÃ` tại quầy.
    Code {
        #[command(flatten)]
        place: Place,
        /// Mã cơ quan của quầy, cho máy mới.
        #[arg(long, value_parser = agency, required_unless_present = "device", requires = "name")]
        agency: Option<AgencyCode>,
        /// Tên máy mới, để quản trị nhận ra.
        #[arg(long)]
        name: Option<String>,
        /// Cho cổng dịch vụ công: cổng gửi hồ sơ tới cơ quan này và các cơ quan bên dưới, không làm việc khác.
        #[arg(long, conflicts_with = "device")]
        portal: bool,
        /// Máy đã có (UUID, như `device list` in ra) cần đăng ký lại.
        #[arg(long, value_parser = device_id, conflicts_with_all = ["agency", "name"])]
        device: Option<DeviceId>,
    },
    /// Liệt kê các máy.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Thu hồi một máy: từ yêu cầu kế tiếp kho không nhận nữa, và máy tự niêm phong ở lần liên lạc kế tiếp; việc chưa
    /// gửi vẫn ở máy, khóa khôi phục của cơ quan mở được.
    Revoke {
        #[command(flatten)]
        place: Place,
        /// Mã máy (UUID), như `device list` in ra.
        #[arg(value_parser = device_id)]
        id: DeviceId,
    },
}

#[derive(Subcommand)]
enum Officer {
    /// Thêm cán bộ, chưa có quyền nào; mật khẩu ở MOTCUA_NEW_SECRET.
    Add {
        #[command(flatten)]
        place: Place,
        /// Tên đăng nhập, như ở quầy.
        login: String,
        /// Họ tên.
        #[arg(long)]
        name: String,
        /// Đơn vị (mã trong cây tổ chức).
        #[arg(long)]
        node: String,
    },
    /// Giao một vai trò tại một đơn vị và các đơn vị bên dưới.
    Grant {
        #[command(flatten)]
        place: Place,
        /// Tên đăng nhập.
        login: String,
        /// intake, specialist, clerk, signer, certifier, supervisor, reporter, administrator.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Đơn vị (mã trong cây tổ chức).
        #[arg(long)]
        node: String,
        /// Chỉ lĩnh vực thủ tục này.
        #[arg(long)]
        procedures: Option<String>,
        /// Từ ngày, dd/MM/yyyy.
        #[arg(long, value_parser = day)]
        from: Option<Day>,
        /// Đến hết ngày, dd/MM/yyyy.
        #[arg(long, value_parser = day)]
        until: Option<Day>,
    },
    /// Thôi giao một quyền, theo số mà `officer list` in ra.
    Revoke {
        #[command(flatten)]
        place: Place,
        /// Số của quyền.
        grant: i64,
    },
    /// Nhập cán bộ và quyền từ CSV, mỗi dòng một quyền; chưa ai có mật khẩu trước khi `officer secret` đặt. Nhập lại chỉ
    /// sửa họ tên và thêm quyền còn thiếu, không thôi quyền nào.
    Import {
        #[command(flatten)]
        place: Place,
        /// Tệp CSV (UTF-8; dấu phẩy, chấm phẩy hoặc tab).
        #[arg(long)]
        csv: PathBuf,
        /// Chỉ báo sẽ ra sao, không ghi gì.
        #[arg(long)]
        dry_run: bool,
    },
    /// Liệt kê cán bộ và quyền.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Đặt lại mật khẩu (MOTCUA_NEW_SECRET); các phiên đang mở kết thúc.
    Secret {
        #[command(flatten)]
        place: Place,
        /// Tên đăng nhập.
        login: String,
    },
    /// Cán bộ thôi làm việc; việc đã gửi vẫn ghi tên người đó.
    End {
        #[command(flatten)]
        place: Place,
        /// Tên đăng nhập.
        login: String,
        /// Làm việc trở lại.
        #[arg(long)]
        undo: bool,
    },
}

fn role(text: &str) -> Result<Role, String> {
    let words: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
    Role::of_word(text).ok_or_else(|| format!("chọn một trong: {}", words.join(", ")))
}

fn day(text: &str) -> Result<Day, String> {
    let iso = text.split('/').rev().collect::<Vec<_>>().join("-");
    Day::parse(&iso).map_err(|_| "ngày viết 31/12/2026 hoặc 2026-12-31".to_owned())
}

/// The secret never stands on a command line, where other users of the server could read it.
fn new_secret() -> anyhow::Result<Zeroizing<String>> {
    let secret = std::env::var("MOTCUA_NEW_SECRET").map(Zeroizing::new);
    Ok(secret.map_err(|_| ConfigError::Variable("(MOTCUA_NEW_SECRET)"))?)
}

fn agency(text: &str) -> Result<AgencyCode, String> {
    AgencyCode::parse(text).map_err(|_| "không phải mã cơ quan (ví dụ 000.01.20.H08)".to_owned())
}

fn device_id(text: &str) -> Result<DeviceId, String> {
    DeviceId::parse(text).map_err(|_| "không phải mã máy (UUID)".to_owned())
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
                    || matches!(cause.downcast_ref(), Some(DeviceError::Unknown(_) | DeviceError::Name))
                    || cause.downcast_ref().is_some_and(|error| !matches!(error, OfficerError::Serve(_)))
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
        Command::ImportPackage { place, key, revoked, carried: _, package } => {
            let text = std::fs::read_to_string(&key).map(Zeroizing::new);
            let text = text.with_context(|| format!("không đọc được {}", key.display()))?;
            let key = read_recovery_key(&text)?;
            let config = Config::load(&place.get()?)?;
            return Ok(match package {
                Some(package) => tell.package(&import_package(&config, &key, &package, revoked)?),
                None => tell.carried(&import_carried(&config, &key, revoked)?),
            });
        }
        Command::Packages { place } => {
            tell.packages(&carried_packages(&Config::load(&place.get()?)?)?);
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
        Command::Device(Device::Code { place, agency, name, portal, device }) => {
            let config = Config::load(&place.get()?)?;
            let code = match (device, agency) {
                (Some(id), _) => device_code_again(&config, id)?,
                (None, agency) => {
                    let (agency, name) = (agency.context("--agency")?, name.unwrap_or_default());
                    let make = if portal { portal_code } else { device_code };
                    make(&config, &agency, &name)?
                }
            };
            tell.device_code(&code);
        }
        Command::Device(Device::List { place }) => tell.devices(&devices(&Config::load(&place.get()?)?)?),
        Command::Device(Device::Revoke { place, id }) => {
            revoke_device(&Config::load(&place.get()?)?, id)?;
            tell.revoked(id);
        }
        Command::Officer(action) => return officer(action, tell),
        Command::Reference(command) => return reference(command, tell),
        Command::Admin(command) => return admin(command, tell),
        Command::Notices(command) => notices(command, tell)?,
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

fn officer(action: Officer, tell: Tell) -> anyhow::Result<bool> {
    match action {
        Officer::Add { place, login, name, node } => {
            add_officer(&Config::load(&place.get()?)?, &login, &name, &node, &new_secret()?)?;
            tell.officer(&login, "đã thêm");
        }
        Officer::Grant { place, login, role, node, procedures, from, until } => {
            let wish = GrantWish { role, node, procedures, from, until };
            let id = grant(&Config::load(&place.get()?)?, &login, &wish)?;
            tell.granted(&login, id);
        }
        Officer::Revoke { place, grant } => {
            revoke_grant(&Config::load(&place.get()?)?, grant)?;
            tell.officer(&grant.to_string(), "đã thôi giao");
        }
        Officer::Import { place, csv, dry_run } => {
            let config = Config::load(&place.get()?)?;
            let report = import_officers(&config, &csv, dry_run, &mut |row| tell.row(row))?;
            return Ok(tell.officers_imported(&report));
        }
        Officer::List { place } => tell.officers(&officers(&Config::load(&place.get()?)?)?),
        Officer::Secret { place, login } => {
            set_officer_secret(&Config::load(&place.get()?)?, &login, &new_secret()?)?;
            tell.officer(&login, "đã đặt lại mật khẩu");
        }
        Officer::End { place, login, undo } => {
            end_officer(&Config::load(&place.get()?)?, &login, !undo)?;
            tell.officer(&login, if undo { "làm việc trở lại" } else { "đã thôi" });
        }
    }
    Ok(true)
}

fn reference(command: Reference, tell: Tell) -> anyhow::Result<bool> {
    match command {
        Reference::Import { place, file, from, dry_run } => {
            let report = reference_import(&Config::load(&place.get()?)?, &file, from, dry_run)?;
            return Ok(tell.reference(&report));
        }
        Reference::Export { place, to, version, at } => {
            let which = match (version, at) {
                (Some(version), _) => Which::Version(version),
                (None, Some(day)) => Which::On(day),
                (None, None) => Which::Now,
            };
            tell.given_out(reference_export(&Config::load(&place.get()?)?, which, &to)?, &to);
        }
        Reference::List { place } => tell.versions(&reference_list(&Config::load(&place.get()?)?)?),
        Reference::History { place, sheet, key } => {
            tell.history(&reference_history(&Config::load(&place.get()?)?, &sheet, &key)?);
        }
        Reference::Diff { place, from, to } => {
            tell.changes(&reference_diff(&Config::load(&place.get()?)?, from, to)?);
        }
    }
    Ok(true)
}

fn admin(command: Admin, tell: Tell) -> anyhow::Result<bool> {
    let set = |place: Place, wish: &RowWish<'_>, making: Making| {
        let making = (making.from, making.reason.as_str(), !making.dry_run);
        anyhow::Ok(tell.changed(&reference_set(&Config::load(&place.get()?)?, wish, making)?))
    };
    match command {
        Admin::Rows { place, sheet, version } => {
            let which = version.map_or(Which::Now, Which::Version);
            Ok(tell.rows(reference_rows(&Config::load(&place.get()?)?, &sheet, which)?.as_ref()))
        }
        Admin::Set { place, sheet, key, cells, making } => {
            set(place, &RowWish { sheet: &sheet, key: key.as_deref(), cells: Some(&cells) }, making)
        }
        Admin::Remove { place, sheet, key, making } => {
            set(place, &RowWish { sheet: &sheet, key: Some(&key), cells: None }, making)
        }
        Admin::Undo { place, version, making } => {
            let making = (making.from, making.reason.as_str(), !making.dry_run);
            Ok(tell.changed(&reference_undo(&Config::load(&place.get()?)?, version, making)?))
        }
    }
}

fn notices(command: Notices, tell: Tell) -> anyhow::Result<()> {
    match command {
        Notices::List { place, state, limit } => {
            tell.notices(&notices_list(&Config::load(&place.get()?)?, state.map(Into::into), limit)?);
        }
        Notices::Release { place } => {
            notices_release(&Config::load(&place.get()?)?)?;
            tell.released();
        }
        // clap holds that one of the two is there.
        Notices::Retry { place, id, all: _ } => {
            tell.revived(notices_retry(&Config::load(&place.get()?)?, id)?);
        }
    }
    Ok(())
}

/// Every variable that is text.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?))).collect()
}
