//! What can be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use motcua_dossier::{Day, FeedbackReason, QueueState};
use std::path::PathBuf;

/// Một Cửa trên dòng lệnh: quét, ký số, số hóa, tiếp nhận, trả kết quả, đồng bộ.
#[derive(Parser)]
#[command(
    name = "motcua",
    version = motcua_assembly::version_line(),
    max_term_width = 110,
    after_help = "Mã thoát: 0 xong · 1 không làm được (mã lỗi trên stderr) · 2 gõ sai lệnh · 3 không liên lạc được \
                  với kho · 4 cần người xử lý\n\
                  Mật khẩu cán bộ: MOTCUA_OFFICER và MOTCUA_SECRET, hoặc được hỏi. PIN: MOTCUA_PIN, hoặc được hỏi.\n\n\
                  Ví dụ:\n  motcua demo\n  motcua doctor --json\n  motcua scan --device pnm:0 --out giay.pdf\n  \
                  motcua sign giay.pdf --certificate <dấu vân tay> --out giay-da-ky.pdf\n  motcua verify giay-da-ky.pdf\n  \
                  motcua dossier open --owner 012345678901 --name 'NGUYỄN VĂN MẪU' --procedure 2.000635.H08"
)]
pub(crate) struct Arguments {
    /// Thư mục cấu hình của quầy (mặc định: MOTCUA_PROFILE, rồi ~/.local/share/motcua).
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) profile: Option<PathBuf>,
    /// Làm việc ở bản tập huấn (thư mục riêng bên cạnh, dữ liệu giả định); `demo --prepare` để tạo.
    #[arg(long, global = true)]
    pub(crate) training: bool,
    /// In dữ liệu dạng JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Kiểm tra máy: cấu hình, kho trên máy, kho tỉnh, máy quét, thiết bị ký số, đĩa.
    Doctor,
    /// Đăng ký máy này với kho bằng mã dùng một lần do quản trị kho cấp; đăng ký lại không mất việc chưa gửi.
    Enrol {
        /// Mã đăng ký, như `motcua-warehouse device code` in ra; không phân biệt chữ hoa, dấu gạch.
        #[arg(long)]
        code: String,
    },
    /// Kho mã hóa trên máy: xem trạng thái, tạo, thêm cán bộ.
    #[command(subcommand)]
    Vault(VaultAction),
    /// Quét giấy thành một tệp PDF.
    Scan(ScanAction),
    /// Ghép ảnh (JPEG, PNG, TIFF, PNM) thành một tệp PDF.
    Make(MakeAction),
    /// Chứng thư số trên thiết bị ký số đang cắm.
    Certificates,
    /// Ký số tệp PDF (PAdES B-B), nhiều tệp một lần nhập PIN.
    Sign(SignAction),
    /// Kiểm tra chữ ký số trên tệp PDF.
    Verify(VerifyAction),
    /// Xác minh danh tính số.
    Identity {
        /// CMND/CCCD/Hộ chiếu, mã số thuế hoặc mã cơ quan.
        number: String,
    },
    /// Tìm thủ tục, gõ không cần dấu.
    Procedures {
        /// Vài chữ của tên hoặc mã.
        #[arg(default_value = "")]
        query: String,
    },
    /// Hồ sơ: mở, quét, lấy từ kho, ký, số hóa, tiếp nhận, trả kết quả.
    #[command(subcommand)]
    Dossier(DossierAction),
    /// Phí, lệ phí của hồ sơ, và sổ thu trong ca.
    #[command(subcommand)]
    Fee(FeeAction),
    /// Sổ theo dõi hồ sơ (mẫu 06) của cơ quan theo ngày tiếp nhận, như máy này biết; không cần mạng.
    Book(BookAction),
    /// Hướng dẫn cho công dân: tạo tài khoản, nộp trực tuyến, kho của mình.
    #[command(subcommand)]
    Guide(GuideAction),
    /// Hồ sơ sau khi tiếp nhận: chuyển, bổ sung, hẹn lại, từ chối, dừng.
    #[command(subcommand)]
    Step(StepAction),
    /// Bàn xử lý: hồ sơ được chuyển đến cán bộ hoặc bộ phận của máy này, dù tiếp nhận ở đâu.
    #[command(subcommand)]
    Desk(DeskAction),
    /// Giám sát hồ sơ của cả cơ quan; dành cho người phụ trách bộ phận.
    #[command(subcommand)]
    Supervise(SuperviseAction),
    /// Hồ sơ nộp qua cổng dịch vụ công: xem, mở; không tiếp nhận một hồ sơ (mẫu 02, 03).
    #[command(subcommand)]
    Online(OnlineAction),
    /// Phản ánh về kết quả giải quyết: xem, mở giấy tờ, trả lời.
    #[command(subcommand)]
    Feedback(FeedbackAction),
    /// In một mẫu của hồ sơ trên máy in đã chọn; không in được thì hồ sơ vẫn như cũ.
    Print(PrintAction),
    /// Máy in của quầy: xem, chọn, nhật ký in của một hồ sơ.
    #[command(subcommand)]
    Printer(PrinterAction),
    /// Hộp gửi.
    Outbox {
        /// Cả những mục kho đã nhận.
        #[arg(long)]
        all: bool,
        #[command(subcommand)]
        action: Option<OutboxAction>,
    },
    /// Gói niêm phong do `motcua outbox export` ghi.
    #[command(subcommand)]
    Package(PackageAction),
    /// Đồng bộ với kho.
    Sync {
        /// Tiếp tục cho đến khi bấm Ctrl+C.
        #[arg(long)]
        watch: bool,
    },
    /// Hồ sơ mẫu đầu đến cuối trên bộ phận thật (máy quét SANE, SoftHSM2, máy chủ HTTPS).
    Demo(DemoAction),
}

#[derive(Subcommand)]
pub(crate) enum FeeAction {
    /// Các khoản của một hồ sơ và số còn phải thu.
    Show {
        /// Hồ sơ.
        id: String,
    },
    /// Thu phí của hồ sơ đã tiếp nhận.
    Pay {
        /// Hồ sơ.
        id: String,
        /// Số biên lai.
        #[arg(long)]
        receipt: String,
        /// Số tiền (đồng); không ghi thì thu đủ số còn phải thu.
        #[arg(long, value_name = "DONG")]
        amount: Option<u64>,
        /// Hình thức.
        #[arg(long, value_enum, default_value_t = FeeWay::Cash)]
        method: FeeWay,
    },
    /// Miễn hoặc giảm, có lý do.
    Relieve {
        /// Hồ sơ.
        id: String,
        /// Lý do.
        #[arg(long)]
        reason: String,
        /// Số tiền (đồng); không ghi thì miễn hết số còn phải thu.
        #[arg(long, value_name = "DONG")]
        amount: Option<u64>,
    },
    /// Đảo một khoản ghi nhầm; khoản cũ vẫn còn để xem.
    Reverse {
        /// Hồ sơ.
        id: String,
        /// Mã (UUID) của khoản, như `motcua fee show` in ra.
        entry: String,
        /// Lý do.
        #[arg(long)]
        reason: String,
    },
    /// Ghi lại số biên lai của khoản thu kho không nhận (số đã dùng ở quầy khác).
    Mend {
        /// Hồ sơ.
        id: String,
        /// Mã (UUID) của khoản.
        entry: String,
        /// Số biên lai đúng.
        #[arg(long)]
        receipt: String,
    },
    /// Sổ thu trong ngày của cán bộ trên máy này; không cần mạng.
    Shift {
        /// Ngày, dd/MM/yyyy hoặc yyyy-MM-dd; không ghi thì hôm nay.
        #[arg(long, value_parser = day)]
        day: Option<Day>,
    },
}

#[derive(Args)]
pub(crate) struct PrintAction {
    /// Hồ sơ.
    pub(crate) id: String,
    /// `receipt` (giấy tiếp nhận, hai bản), `control` (05), `slip` (phiếu 80 mm), `decline` (02, 03 của hồ sơ không tiếp
    /// nhận), hoặc mã (UUID) của một bước.
    #[arg(default_value = "receipt")]
    pub(crate) form: String,
    /// Chờ in xong bao nhiêu giây.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub(crate) wait: u32,
}

#[derive(Subcommand)]
pub(crate) enum PrinterAction {
    /// Máy in trên máy này và trạng thái.
    List,
    /// Chọn máy in; không ghi tên là bỏ chọn.
    Choose {
        /// Máy in giấy A4, A5.
        name: Option<String>,
        /// Máy in phiếu 80 mm.
        #[arg(long, value_name = "NAME")]
        slip: Option<String>,
        /// Không in ngay khi tiếp nhận.
        #[arg(long)]
        not_at_acceptance: bool,
    },
    /// Nhật ký in của một hồ sơ.
    Journal {
        /// Hồ sơ.
        id: String,
    },
    /// Rút một lệnh in chưa in khỏi hàng đợi.
    Cancel {
        /// Hồ sơ.
        id: String,
        /// Số của lần in, như `motcua printer journal` in ra.
        number: u32,
    },
}

#[derive(Args)]
pub(crate) struct BookAction {
    /// Từ ngày, dd/MM/yyyy hoặc yyyy-MM-dd; không ghi thì hôm nay.
    #[arg(long, value_parser = day)]
    pub(crate) from: Option<Day>,
    /// Đến hết ngày; không ghi thì hôm nay.
    #[arg(long, value_parser = day)]
    pub(crate) to: Option<Day>,
    /// Ghi sổ để in (PDF, A4) ra tệp này.
    #[arg(long, value_name = "FILE")]
    pub(crate) pdf: Option<PathBuf>,
    /// Ghi bảng (CSV) ra tệp này.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Thay cho sổ: hồ sơ nào còn thiếu bản số hóa hoặc kết quả điện tử, và tỷ lệ sử dụng lại.
    #[arg(long, conflicts_with = "pdf")]
    pub(crate) missing: bool,
}

#[derive(Subcommand)]
pub(crate) enum GuideAction {
    /// Các hướng dẫn đang có hiệu lực.
    List,
    /// Một hướng dẫn, từng bước.
    Show {
        /// Tên ngắn của hướng dẫn, như `motcua guide list` in ra.
        key: String,
    },
    /// Ghi tờ hướng dẫn để in (PDF, A5).
    Print {
        /// Tên ngắn của hướng dẫn.
        key: String,
        /// Ghi ra tệp này.
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum OnlineAction {
    /// Hồ sơ đang chờ tiếp nhận, như máy nghe được lần gần nhất.
    List,
    /// Mở một hồ sơ tại quầy này, kèm tệp tin công dân gửi.
    Open {
        /// Hồ sơ.
        id: String,
        /// Mở cả khi quầy khác đang xem.
        #[arg(long)]
        force: bool,
    },
    /// Trả một hồ sơ đã mở về danh sách, để quầy khác xem.
    GiveBack {
        /// Hồ sơ.
        id: String,
        /// Trả cả khi hồ sơ có giấy tờ thêm tại quầy này; giấy tờ đó ở lại máy này.
        #[arg(long)]
        confirm: bool,
    },
    /// Lý do có sẵn để không tiếp nhận.
    Reasons,
    /// Không tiếp nhận một hồ sơ chưa tiếp nhận, dù nộp qua cổng hay tại quầy.
    Decline {
        /// Hồ sơ.
        id: String,
        /// Yêu cầu bổ sung (mẫu 02) thay vì từ chối (mẫu 03).
        #[arg(long)]
        supplement: bool,
        /// Mã của lý do có sẵn (`motcua online reasons`); ghi được nhiều lần.
        #[arg(long = "code", value_name = "CODE")]
        codes: Vec<String>,
        /// Lý do khác; ghi được nhiều lần.
        #[arg(long = "reason", value_name = "TEXT", required_unless_present = "codes")]
        reasons: Vec<String>,
    },
    /// Vẫn tiếp nhận hồ sơ của cơ quan dù chưa đúng quy định; lý do trống là bỏ.
    Except {
        /// Hồ sơ.
        id: String,
        /// Lý do.
        reason: String,
    },
    /// Ghi mẫu 02 hoặc 03 của hồ sơ không tiếp nhận.
    Form {
        /// Hồ sơ.
        id: String,
        /// Tệp PDF.
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum FeedbackAction {
    /// Phản ánh liên quan đến cơ quan, như máy nghe được lần gần nhất; việc chờ trả lời đứng trước.
    List,
    /// Ghi tệp của giấy tờ bị phản ánh ra đĩa.
    Paper {
        /// Phản ánh.
        id: String,
        /// Tệp PDF.
        #[arg(long)]
        out: PathBuf,
    },
    /// Trả lời một phản ánh về giấy tờ do cơ quan cấp.
    #[command(group = clap::ArgGroup::new("judgement").required(true).args(["right", "wrong", "corrected"]))]
    Answer {
        /// Phản ánh.
        id: String,
        /// Kết quả đúng; lý do gửi cho nơi phản ánh.
        #[arg(long)]
        right: bool,
        /// Kết quả sai, cần sửa; từ nay kho không đưa ra giấy tờ này cho đến khi có bản đã sửa.
        #[arg(long)]
        wrong: bool,
        /// Tệp PDF đã sửa, có chữ ký số của cơ quan; thay cho bản trong kho.
        #[arg(long, value_name = "FILE")]
        corrected: Option<PathBuf>,
        /// Nội dung trả lời.
        text: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum StepAction {
    /// Quá trình giải quyết của một hồ sơ.
    Show {
        /// Hồ sơ.
        id: String,
    },
    /// Chuyển hồ sơ cho bộ phận giải quyết.
    HandOver {
        /// Hồ sơ.
        id: String,
        /// Bộ phận nhận.
        #[arg(long)]
        to: String,
        /// Tên đăng nhập của cán bộ nhận; không ghi thì ai ở đó cũng nhận được.
        #[arg(long, default_value = "")]
        officer: String,
        /// Việc cần làm.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Nhận hồ sơ được chuyển đến.
    TakeOver {
        /// Hồ sơ.
        id: String,
    },
    /// Yêu cầu bổ sung (mẫu 02); thời hạn giải quyết tạm dừng.
    ///
    /// Pháp luật cho yêu cầu một lần. Lần sau cần lý do và mật khẩu của người phụ trách (`MOTCUA_APPROVER_SECRET` hoặc gõ).
    Ask {
        /// Hồ sơ.
        id: String,
        /// Giấy tờ hoặc nội dung cần bổ sung; ghi được nhiều lần.
        #[arg(long = "item", value_name = "TEXT", required = true)]
        items: Vec<String>,
        /// Lý do.
        #[arg(long)]
        reason: String,
        /// Tên đăng nhập của người đồng ý cho yêu cầu thêm lần nữa.
        #[arg(long, requires = "because")]
        approver: Option<String>,
        /// Vì sao phải yêu cầu thêm lần nữa.
        #[arg(long, requires = "approver")]
        because: Option<String>,
    },
    /// Thêm một giấy tờ bổ sung không có trong thành phần của thủ tục.
    AddPaper {
        /// Hồ sơ.
        id: String,
        /// Tên giấy tờ.
        name: String,
    },
    /// Công dân đã bổ sung đủ; thời hạn tính lại từ đầu.
    Supplemented {
        /// Hồ sơ.
        id: String,
        /// Đã nhận gì.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Xin lỗi và hẹn lại ngày trả (mẫu 04).
    Reappoint {
        /// Hồ sơ.
        id: String,
        /// Ngày hẹn lại, dd/MM/yyyy hoặc yyyy-MM-dd.
        #[arg(long, value_parser = day)]
        day: Day,
        /// Lý do chậm.
        #[arg(long)]
        reason: String,
    },
    /// In một mẫu ra tệp PDF: của một bước (02, 03, 04, thông báo dừng), `control` (05) hoặc `slip` (phiếu 80 mm).
    Form {
        /// Hồ sơ.
        id: String,
        /// Mã (UUID) của bước, như `motcua step show --json` in ra; hoặc `control`, `slip`.
        form: String,
        /// Tệp PDF ghi ra.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Từ chối giải quyết (mẫu 03).
    Refuse {
        /// Hồ sơ.
        id: String,
        /// Lý do; ghi được nhiều lần.
        #[arg(long = "reason", value_name = "TEXT", required = true)]
        reasons: Vec<String>,
    },
    /// Dừng giải quyết theo yêu cầu của công dân.
    Stop {
        /// Hồ sơ.
        id: String,
        /// Công dân yêu cầu gì.
        #[arg(long)]
        reason: String,
    },
    /// Trả lại bản chính đã đối chiếu.
    Original {
        /// Hồ sơ.
        id: String,
        /// Số thứ tự của giấy tờ.
        component: u32,
    },
    /// Đề xuất kết quả, chờ ký.
    Propose {
        /// Hồ sơ.
        id: String,
        /// Nội dung đề xuất.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Đề nghị đính chính kết quả đã trả; chờ một cán bộ khác duyệt (motcua supervise approve).
    Correct {
        /// Hồ sơ.
        id: String,
        /// Kết quả đúng: PDF đã có chữ ký số của cơ quan.
        file: PathBuf,
        /// Kết quả cũ sai thế nào.
        #[arg(long, value_enum)]
        reason: WrongPaper,
        /// Nói rõ sai ở đâu.
        #[arg(long)]
        text: String,
    },
    /// Rút đề nghị đính chính, khi chưa ai duyệt.
    TakeBack {
        /// Hồ sơ.
        id: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum DeskAction {
    /// Hồ sơ được chuyển đến, theo ngày hẹn trả.
    List {
        /// Tất cả hồ sơ đang ở bộ phận này; không ghi thì hồ sơ của cán bộ đang mở máy.
        #[arg(long)]
        unit: Option<String>,
        /// Chỉ những hồ sơ như thế.
        #[arg(long, value_enum)]
        state: Option<QueueWord>,
        /// Trang, từ 1.
        #[arg(long, default_value_t = 1)]
        page: u32,
    },
    /// Nhận một hay nhiều hồ sơ được chuyển đến.
    Receive {
        /// Hồ sơ.
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Chuyển một hay nhiều hồ sơ.
    HandOn {
        /// Hồ sơ.
        #[arg(required = true)]
        ids: Vec<String>,
        /// Bộ phận nhận.
        #[arg(long)]
        to: String,
        /// Tên đăng nhập của cán bộ nhận; không ghi thì ai ở đó cũng nhận được.
        #[arg(long, default_value = "")]
        officer: String,
        /// Việc cần làm.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Trình kết quả; ghi bộ phận thì hồ sơ chuyển ngay đến người ký.
    Propose {
        /// Hồ sơ.
        id: String,
        /// Bộ phận của người ký.
        #[arg(long)]
        to: Option<String>,
        /// Tên đăng nhập của người ký.
        #[arg(long, default_value = "", requires = "to")]
        officer: String,
        /// Nội dung đề xuất.
        #[arg(long, default_value = "")]
        note: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum SuperviseAction {
    /// Ai đang giữ gì, cái nào quá hạn, đến hạn, chờ bổ sung, chờ trả.
    Queue {
        /// Chỉ bộ phận này; để trống ("") là hồ sơ chưa chuyển cho ai.
        #[arg(long)]
        unit: Option<String>,
        /// Chỉ cán bộ này.
        #[arg(long)]
        officer: Option<String>,
        /// Chỉ những hồ sơ như thế.
        #[arg(long, value_enum)]
        state: Option<QueueWord>,
        /// Trang, từ 1.
        #[arg(long, default_value_t = 1)]
        page: u32,
        /// Ghi tất cả ra bảng (CSV) này.
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
    },
    /// Giao một hay nhiều hồ sơ cho người khác, có lý do.
    Reassign {
        /// Hồ sơ.
        #[arg(required = true)]
        ids: Vec<String>,
        /// Bộ phận nhận.
        #[arg(long)]
        to: String,
        /// Tên đăng nhập của cán bộ nhận.
        #[arg(long, default_value = "")]
        officer: String,
        /// Lý do.
        #[arg(long)]
        reason: String,
    },
    /// Việc đang chờ duyệt: đính chính kết quả.
    Approvals,
    /// Ghi bản đính chính đang chờ duyệt ra tệp, để xem trước khi duyệt.
    Paper {
        /// Hồ sơ.
        id: String,
        /// Ghi ra tệp này.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Duyệt đính chính kết quả của một hồ sơ; người duyệt gõ mật khẩu của mình.
    Approve {
        /// Hồ sơ.
        id: String,
        /// Tên đăng nhập của người duyệt; khác người đề nghị.
        #[arg(long)]
        approver: String,
    },
    /// Không duyệt đính chính kết quả, có lý do.
    Refuse {
        /// Hồ sơ.
        id: String,
        /// Lý do.
        #[arg(long)]
        reason: String,
    },
}

/// Which dossiers of a queue.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum QueueWord {
    /// Quá hạn.
    Late,
    /// Đến hạn hôm nay.
    Today,
    /// Sắp đến hạn.
    Soon,
    /// Chờ bổ sung.
    Awaiting,
    /// Chờ ký, trả kết quả.
    ToReturn,
    /// Đang chuyển, chưa ai nhận.
    OnItsWay,
}

impl From<QueueWord> for QueueState {
    fn from(word: QueueWord) -> Self {
        match word {
            QueueWord::Late => Self::Late,
            QueueWord::Today => Self::Today,
            QueueWord::Soon => Self::Soon,
            QueueWord::Awaiting => Self::AwaitingSupplement,
            QueueWord::ToReturn => Self::ToReturn,
            QueueWord::OnItsWay => Self::OnItsWay,
        }
    }
}

impl StepAction {
    /// Which dossier it is about.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Show { id }
            | Self::HandOver { id, .. }
            | Self::TakeOver { id }
            | Self::Ask { id, .. }
            | Self::AddPaper { id, .. }
            | Self::Supplemented { id, .. }
            | Self::Form { id, .. }
            | Self::Reappoint { id, .. }
            | Self::Refuse { id, .. }
            | Self::Stop { id, .. }
            | Self::Original { id, .. }
            | Self::Propose { id, .. }
            | Self::Correct { id, .. }
            | Self::TakeBack { id } => id,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum WrongPaper {
    /// Sai lệch thông tin công dân.
    WrongInformation,
    /// Không phải là kết quả công dân được giải quyết.
    NotTheResult,
    /// Chưa được ký bằng chứng thư số của Ban Cơ yếu Chính phủ.
    NotSigned,
}

impl From<WrongPaper> for FeedbackReason {
    fn from(word: WrongPaper) -> Self {
        match word {
            WrongPaper::WrongInformation => Self::WrongInformation,
            WrongPaper::NotTheResult => Self::NotTheResult,
            WrongPaper::NotSigned => Self::NotSigned,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum FeeWay {
    /// Tiền mặt.
    Cash,
    /// Chuyển khoản.
    Transfer,
    /// Trên Cổng dịch vụ công.
    Portal,
    /// Qua bưu chính.
    Post,
}

#[derive(Subcommand)]
pub(crate) enum OutboxAction {
    /// Gửi lại một mục cần xử lý, sau khi đã sửa điều kho từ chối; gửi bằng `motcua sync`.
    Resend {
        /// Mã (UUID) của mục, như `motcua outbox` in ra.
        op: String,
    },
    /// Bỏ một mục chưa gửi: cần lý do và mật khẩu của một cán bộ khác đã đăng ký trên máy (`MOTCUA_APPROVER_SECRET`
    /// hoặc gõ). Khi kho đã có cán bộ của cơ quan, người ấy phải là người phụ trách bộ phận và đã mở khóa máy này khi
    /// có mạng (`MOTCUA_OFFICER=… motcua sync`) trong thời hạn làm việc không có kho. Mục được niêm phong thành gói trước, vẫn nằm trong Hộp gửi, và kho được báo để không nhận nữa.
    Withdraw {
        /// Mã (UUID) của mục, như `motcua outbox` in ra.
        op: String,
        /// Lý do, ít nhất 10 ký tự.
        #[arg(long)]
        reason: String,
        /// Tên đăng nhập của cán bộ đồng ý.
        #[arg(long)]
        approver: String,
        /// Ghi gói niêm phong ra tệp này nữa (*.mcgoi).
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Xuất gói: ghi các mục chưa gửi cùng tệp và hồ sơ vào một tệp niêm phong bằng khóa khôi phục của cơ quan, để
    /// mang đến kho khi không có mạng. Không mục nào bị xóa.
    Export {
        /// Tệp ghi ra (*.mcgoi).
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Chỉ mục này; ghi được nhiều lần. Không ghi thì xuất mọi mục chưa gửi.
        #[arg(long = "op", value_name = "OP")]
        ops: Vec<String>,
    },
    /// Mở kho của máy bằng khóa khôi phục của cơ quan rồi xuất mọi mục chưa gửi, cả tệp đã niêm phong: cho máy không
    /// cán bộ nào mở được nữa, hoặc khi kho đã phục hồi còn thiếu tệp.
    Rescue {
        /// Tệp khóa khôi phục (khóa bí mật, 64 chữ số hex).
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Tệp ghi ra (*.mcgoi).
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Đối chiếu: từng ngày, máy này đã gửi gì và kho đang có gì. Mã thoát 4 khi kho thiếu mục máy này giữ biên nhận, hoặc
    /// hai bên khác nhau.
    Reconcile {
        /// Số ngày gần đây.
        #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
        /// Xếp gửi lại các mục kho không biết; gửi bằng `motcua sync`.
        #[arg(long)]
        resend: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum PackageAction {
    /// Gửi hộ gói của quầy khác (mất mạng, hỏng máy) lên kho; kho giữ đến khi người giữ khóa khôi phục nhận.
    Send {
        /// Tệp *.mcgoi.
        file: PathBuf,
    },
    /// Gói nói gì khi chưa có khóa: máy nào, lúc nào, bao nhiêu mục, hồ sơ và tệp, có đủ không.
    Info {
        /// Tệp *.mcgoi.
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum VaultAction {
    /// Trạng thái.
    Status,
    /// Tạo kho với cán bộ đầu tiên (MOTCUA_OFFICER, MOTCUA_SECRET).
    Create {
        /// Họ tên cán bộ, in trên giấy tiếp nhận.
        #[arg(long)]
        name: Option<String>,
    },
    /// Thêm một cán bộ: tên ở đây, mật khẩu ở MOTCUA_NEW_SECRET hoặc được hỏi.
    Enrol {
        /// Tên đăng nhập của cán bộ.
        officer: String,
        /// Họ tên cán bộ, in trên giấy tiếp nhận.
        #[arg(long)]
        name: Option<String>,
    },
    /// Ghi họ tên của một cán bộ, in trên giấy tiếp nhận thay tên đăng nhập.
    Name {
        /// Tên đăng nhập của cán bộ.
        officer: String,
        /// Họ tên.
        name: String,
    },
    /// Mở lại kho trên máy bằng khóa khôi phục của cơ quan và đặt mật khẩu mới cho một cán bộ: sau khi thu hồi nhầm,
    /// hoặc khi không cán bộ nào nhớ mật khẩu. Máy bị thu hồi phải được đăng ký lại trước (`motcua enrol`).
    Reopen {
        /// Tên đăng nhập của cán bộ.
        officer: String,
        /// Tệp khóa riêng khôi phục của cơ quan (64 chữ số thập lục phân).
        #[arg(long)]
        key: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct ScanAction {
    /// Máy quét; không ghi thì liệt kê các máy.
    #[arg(long)]
    pub(crate) device: Option<String>,
    /// Tệp PDF ghi ra.
    #[arg(long, value_name = "FILE", requires = "device")]
    pub(crate) out: Option<PathBuf>,
    /// Độ phân giải, không dưới 200.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(200..=1200))]
    pub(crate) dpi: u32,
    /// Quét đen trắng (mặc định quét màu).
    #[arg(long)]
    pub(crate) gray: bool,
    /// Khay giấy.
    #[arg(long, value_enum, default_value_t = Source::Auto)]
    pub(crate) source: Source,
    /// Số trang nhiều nhất.
    #[arg(long, default_value_t = 200)]
    pub(crate) pages: u32,
    /// Tùy chọn của trình điều khiển, TÊN=GIÁ TRỊ; ghi được nhiều lần.
    #[arg(long = "option", value_name = "NAME=VALUE")]
    pub(crate) options: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Source {
    /// Máy tự chọn.
    Auto,
    /// Mặt kính.
    Flatbed,
    /// Khay nạp tự động.
    Feeder,
}

#[derive(Args)]
pub(crate) struct MakeAction {
    /// Ảnh các trang, theo thứ tự.
    #[arg(required = true)]
    pub(crate) images: Vec<PathBuf>,
    /// Tệp PDF ghi ra.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Tiêu đề của tệp.
    #[arg(long, default_value = "")]
    pub(crate) title: String,
}

#[derive(Args)]
pub(crate) struct SignAction {
    /// Các tệp PDF.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Dấu vân tay SHA-256 của chứng thư (xem `motcua certificates`).
    #[arg(long)]
    pub(crate) certificate: String,
    /// Tệp ghi ra (một tệp) hoặc thư mục ghi ra (nhiều tệp).
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct VerifyAction {
    /// Tệp PDF.
    pub(crate) file: PathBuf,
    /// Chứng thư gốc và trung gian (PEM); không ghi thì dùng danh sách tin cậy trong kho trên máy.
    #[arg(long, value_name = "PEM")]
    pub(crate) trust: Vec<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum DossierAction {
    /// Mở hồ sơ mới.
    Open(OpenAction),
    /// Danh sách hồ sơ; gõ không cần dấu.
    List {
        /// Tên, mã hồ sơ, số định danh hoặc thủ tục.
        #[arg(default_value = "")]
        query: String,
        /// Hồ sơ nháp đã cất: đã bỏ, đã trả lại danh sách, hoặc quầy khác đã tiếp nhận.
        #[arg(long)]
        aside: bool,
    },
    /// Bỏ một hồ sơ nháp; khôi phục được.
    Discard {
        /// Hồ sơ.
        id: String,
        /// Lý do, nếu cần.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Khôi phục một hồ sơ nháp đã bỏ.
    Restore {
        /// Hồ sơ.
        id: String,
    },
    /// Một hồ sơ.
    Show {
        /// Mã (UUID) của hồ sơ.
        id: String,
    },
    /// Quét vào một thành phần (0 là kết quả).
    Scan {
        /// Hồ sơ.
        id: String,
        /// Thành phần.
        component: u32,
        /// Máy quét; được nhớ cho lần sau.
        #[arg(long)]
        device: Option<String>,
        /// Số trang nhiều nhất.
        #[arg(long, default_value_t = 200)]
        pages: u32,
    },
    /// Chọn tệp tin cho một thành phần (0 là kết quả).
    Attach {
        /// Hồ sơ.
        id: String,
        /// Thành phần.
        component: u32,
        /// Tệp.
        file: PathBuf,
    },
    /// Bỏ tệp khỏi một thành phần.
    Detach {
        /// Hồ sơ.
        id: String,
        /// Thành phần.
        component: u32,
    },
    /// Chuyển tệp Word (DOC, DOCX) của một thành phần sang PDF; tệp Word được giữ.
    Convert {
        /// Hồ sơ.
        id: String,
        /// Thành phần.
        component: u32,
        /// Lấy lại tệp Word thay cho PDF đã chuyển; chữ ký trên PDF cũng bỏ.
        #[arg(long)]
        undo: bool,
    },
    /// Khai thác từ CSDL: không phải nộp vì dữ liệu đã có.
    Waive {
        /// Hồ sơ.
        id: String,
        /// Thành phần.
        component: u32,
        /// Tên hoặc mã của cơ sở dữ liệu.
        #[arg(long)]
        database: String,
        /// Đã tra cứu thấy gì.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Giấy tờ trong kho cho một thành phần.
    Offers {
        /// Hồ sơ.
        id: String,
        /// Thành phần.
        component: u32,
    },
    /// Tự động cập nhật giấy tờ đã số hóa.
    Auto {
        /// Hồ sơ.
        id: String,
    },
    /// Lấy từ kho.
    Take {
        /// Hồ sơ.
        id: String,
        /// Thành phần.
        component: u32,
        /// Giấy tờ.
        document: String,
        /// Công dân đã đồng ý lấy giấy tờ từ kho quốc gia.
        #[arg(long)]
        national_confirmed: bool,
    },
    /// Phản ánh về kết quả giải quyết: giấy tờ trong kho sai.
    Report {
        /// Hồ sơ.
        id: String,
        /// Giấy tờ.
        document: String,
        /// Lý do.
        #[arg(long, value_enum)]
        reason: WrongPaper,
        /// Ý kiến.
        #[arg(long, default_value = "")]
        text: String,
    },
    /// Ghi nhận công dân đồng ý dùng lại giấy tờ (nói tại quầy).
    Confirm {
        /// Hồ sơ.
        id: String,
    },
    /// Ký số các thành phần (0 là kết quả), một lần nhập PIN.
    Sign {
        /// Hồ sơ.
        id: String,
        /// Các thành phần.
        #[arg(required = true)]
        components: Vec<u32>,
        /// Dấu vân tay của chứng thư.
        #[arg(long)]
        certificate: String,
    },
    /// Số hóa một thành phần vào kho.
    Digitize {
        /// Hồ sơ.
        id: String,
        /// Thành phần.
        component: u32,
        #[command(flatten)]
        said: Said,
    },
    /// Tiếp nhận: cấp mã, in giấy tiếp nhận, xếp vào hộp gửi.
    Accept {
        /// Hồ sơ.
        id: String,
        /// Ghi giấy tiếp nhận ra tệp này.
        #[arg(long, value_name = "FILE")]
        receipt: Option<PathBuf>,
    },
    /// Ghi giấy tiếp nhận ra tệp để in; hồ sơ thôi nhắc in lại.
    Receipt {
        /// Hồ sơ.
        id: String,
        /// Tệp ghi ra.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Đã hướng dẫn chủ hồ sơ đăng ký tài khoản định danh; hồ sơ thôi nhắc.
    Guided {
        /// Hồ sơ.
        id: String,
    },
    /// Trả kết quả đã đính kèm và ký số.
    Return {
        /// Hồ sơ.
        id: String,
        #[command(flatten)]
        said: Said,
    },
    /// Ghi tệp của một thành phần (0 là kết quả) ra đĩa.
    Export {
        /// Hồ sơ.
        id: String,
        /// Thành phần.
        component: u32,
        /// Tệp ghi ra.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Thông tin về giấy tờ; mục không ghi giữ như được gợi ý.
#[derive(Args)]
pub(crate) struct Said {
    /// Số, ký hiệu.
    #[arg(long)]
    pub(crate) number: Option<String>,
    /// Trích yếu.
    #[arg(long)]
    pub(crate) summary: Option<String>,
    /// Cơ quan cấp.
    #[arg(long)]
    pub(crate) issuer: Option<String>,
    /// Ngày cấp, dd/MM/yyyy hoặc yyyy-MM-dd.
    #[arg(long, value_parser = day)]
    pub(crate) issued_on: Option<Day>,
    /// Có hiệu lực đến ngày.
    #[arg(long, value_parser = day)]
    pub(crate) valid_until: Option<Day>,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|_| "cần dd/MM/yyyy hoặc yyyy-MM-dd".to_owned())
}

#[derive(Args)]
pub(crate) struct OpenAction {
    /// Số định danh của chủ hồ sơ.
    #[arg(long)]
    pub(crate) owner: String,
    /// Họ tên chủ hồ sơ.
    #[arg(long)]
    pub(crate) name: String,
    /// Mã thủ tục.
    #[arg(long)]
    pub(crate) procedure: String,
    /// Trường hợp giải quyết; không ghi thì lấy trường hợp đầu.
    #[arg(long)]
    pub(crate) case: Option<String>,
    /// Người nộp khi không phải chủ hồ sơ: số định danh.
    #[arg(long, requires = "submitter_name")]
    pub(crate) submitter: Option<String>,
    /// Họ tên người nộp.
    #[arg(long)]
    pub(crate) submitter_name: Option<String>,
    /// Nhận qua bưu chính công ích.
    #[arg(long)]
    pub(crate) postal: bool,
}

#[derive(Args)]
pub(crate) struct DemoAction {
    /// Chỉ chuẩn bị cấu hình mẫu.
    #[arg(long, conflicts_with = "window")]
    pub(crate) prepare: bool,
    /// Mở cửa sổ thay vì đi hành trình trên dòng lệnh.
    #[arg(long)]
    pub(crate) window: bool,
}
