//! Invented papers of an invented commune, rendered as the scanner would see them: A4, 200 dpi,
//! colour. Nobody on them exists, and each says across its whole face that it is worth nothing.

mod canvas;
mod hand;
mod sheet;

use anyhow::Context;
use canvas::{Cut, HEIGHT, Typeface, WIDTH};
use sheet::{Block, Sheet};
use std::{
    fs,
    path::{Path, PathBuf},
};
use time::OffsetDateTime;

const DPI: u32 = 200;
const QUALITY: u8 = 82;
const OFFICE: [&str; 2] = ["TỈNH MẪU (DEMO)", "UBND XÃ AN HÒA (DEMO)"];

/// A paper on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RenderedPaper {
    /// PPM file.
    pub file: PathBuf,
    /// What the paper is, for people.
    pub title: String,
}

/// Renders every paper into `dir` as PPM files for the `pnm` scanner.
///
/// # Errors
/// A file cannot be written.
pub fn render_papers(dir: &Path) -> anyhow::Result<Vec<RenderedPaper>> {
    fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    PaperKind::ALL
        .into_iter()
        .map(|kind| {
            let file = dir.join(format!("{}.ppm", kind.stem()));
            fs::write(&file, kind.render()?.to_ppm())
                .with_context(|| format!("writing {}", file.display()))?;
            Ok(RenderedPaper { file, title: kind.title().to_owned() })
        })
        .collect()
}

/// A paper of one page as a PDF: the demo agency's head, a title, then fields line by line; `seed`
/// makes its identifier.
///
/// # Errors
/// The page cannot be drawn or encoded.
pub fn page_pdf(
    title: &str,
    lines: &[String],
    at: OffsetDateTime,
    seed: [u8; 16],
) -> anyhow::Result<Vec<u8>> {
    let face = Typeface::load()?;
    let mut sheet = Sheet::new(&face);
    sheet.head(&OFFICE, "");
    sheet.title(&[&title.to_uppercase()]);
    for line in lines {
        sheet.field(line);
    }
    let (width, height) = (u32::try_from(WIDTH)?, u32::try_from(HEIGHT)?);
    let samples = sheet.canvas.scanned(u64::from(seed[0]));
    PageBitmap { width, height, samples }.to_pdf(title, at, seed)
}

/// A picture of a page, RGB at 200 dpi.
#[derive(Clone, PartialEq, Eq)]
pub struct PageBitmap {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub samples: Vec<u8>,
}

impl PageBitmap {
    /// As a PPM (P6).
    #[must_use]
    pub fn to_ppm(&self) -> Vec<u8> {
        let head = format!("P6\n{} {}\n255\n", self.width, self.height);
        [head.as_bytes(), &self.samples].concat()
    }

    /// As a PDF of one page; `seed` makes its identifier, so the same arguments give the same bytes.
    ///
    /// # Errors
    /// The page cannot be encoded.
    pub fn to_pdf(&self, title: &str, at: OffsetDateTime, seed: [u8; 16]) -> anyhow::Result<Vec<u8>> {
        let jpeg = motcua_imaging::encode_jpeg(&self.samples, self.width, self.height, false, QUALITY, DPI)?;
        let page =
            motcua_pdf::PageImage { jpeg, width: self.width, height: self.height, gray: false, dpi: DPI };
        let info = motcua_pdf::AssembleInfo { title: title.to_owned(), at, seed };
        Ok(motcua_pdf::assemble(&[page], &info)?)
    }
}

/// The papers there are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PaperKind {
    /// Giấy xác nhận tình trạng hôn nhân.
    MaritalStatus,
    /// Tờ khai đăng ký kết hôn.
    MarriageDeclaration,
    /// Giấy khai sinh (bản sao).
    BirthCertificate,
    /// Tờ khai cấp bản sao trích lục hộ tịch.
    ExtractDeclaration,
    /// Giấy chứng nhận kết hôn.
    MarriageCertificate,
}

impl PaperKind {
    /// Every paper.
    pub const ALL: [Self; 5] = [
        Self::MaritalStatus,
        Self::MarriageDeclaration,
        Self::BirthCertificate,
        Self::ExtractDeclaration,
        Self::MarriageCertificate,
    ];

    /// File name without its ending.
    #[must_use]
    pub fn stem(self) -> &'static str {
        match self {
            Self::MaritalStatus => "giay-xac-nhan-tinh-trang-hon-nhan",
            Self::MarriageDeclaration => "to-khai-dang-ky-ket-hon",
            Self::BirthCertificate => "giay-khai-sinh-ban-sao",
            Self::ExtractDeclaration => "to-khai-cap-trich-luc",
            Self::MarriageCertificate => "giay-chung-nhan-ket-hon",
        }
    }

    /// Name of the paper.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::MaritalStatus => "Giấy xác nhận tình trạng hôn nhân",
            Self::MarriageDeclaration => "Tờ khai đăng ký kết hôn",
            Self::BirthCertificate => "Giấy khai sinh (bản sao)",
            Self::ExtractDeclaration => "Tờ khai cấp bản sao trích lục hộ tịch",
            Self::MarriageCertificate => "Giấy chứng nhận kết hôn",
        }
    }

    /// Renders the paper; the same picture every time.
    ///
    /// # Errors
    /// The typeface built into the program is damaged.
    pub fn render(self) -> anyhow::Result<PageBitmap> {
        let face = Typeface::load()?;
        let mut sheet = Sheet::new(&face);
        let seed = match self {
            Self::MaritalStatus => marital_status(&mut sheet),
            Self::MarriageDeclaration => marriage_declaration(&mut sheet),
            Self::BirthCertificate => birth_certificate(&mut sheet),
            Self::ExtractDeclaration => extract_declaration(&mut sheet),
            Self::MarriageCertificate => marriage_certificate(&mut sheet),
        };
        let (width, height) = (u32::try_from(WIDTH)?, u32::try_from(HEIGHT)?);
        Ok(PageBitmap { width, height, samples: sheet.canvas.scanned(seed) })
    }
}

fn marital_status(sheet: &mut Sheet<'_>) -> u64 {
    sheet.head(&OFFICE, "Số: 45/UBND-XNTTHN");
    sheet.dated("An Hòa, ngày 09 tháng 11 năm 2026");
    sheet.title(&["GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN"]);
    sheet.paragraph(
        "Xét đề nghị của ông: *NGUYỄN* *VĂN* *MẪU*, về việc cấp Giấy xác nhận tình trạng hôn nhân cho bản thân,",
    );
    sheet.middle("XÁC NHẬN:", Cut::Bold);
    for line in [
        "Họ, chữ đệm, tên: *NGUYỄN* *VĂN* *MẪU*",
        "Ngày, tháng, năm sinh: 01/01/1999      Giới tính: Nam",
        "Dân tộc: Kinh      Quốc tịch: Việt Nam",
        "Giấy tờ tùy thân: Căn cước số 001099000001 (số hư cấu), do Cơ quan Mẫu cấp ngày 02/02/2022",
        "Nơi cư trú: Số 1, đường Thử Nghiệm, thôn Mẫu, xã An Hòa (DEMO), tỉnh Mẫu",
        "Tình trạng hôn nhân: *Hiện* *tại* *chưa* *đăng* *ký* *kết* *hôn* *với* *ai.*",
    ] {
        sheet.field(line);
    }
    sheet.paragraph(
        "Giấy này được cấp để sử dụng vào mục đích: kết hôn với bà TRẦN THỊ THỬ NGHIỆM, sinh ngày 03/03/2000, \
         căn cước số 001300000002 (số hư cấu), nơi dự định đăng ký kết hôn: Ủy ban nhân dân xã An Hòa (DEMO).",
    );
    sheet.paragraph(
        "Giấy này có giá trị sử dụng trong thời hạn 6 tháng, kể từ ngày cấp. Văn bản chỉ dùng để giới thiệu \
         phần mềm, không phải giấy tờ thật và không chứng minh điều gì về bất kỳ người nào.",
    );
    sheet.signed(
        &[Block {
            middle: 1180.0,
            heads: &[("TM. ỦY BAN NHÂN DÂN", Cut::Bold), ("CHỦ TỊCH", Cut::Bold)],
            name: "Lê Văn Thí Dụ",
            sealed: true,
        }],
        11,
    );
    101
}

fn marriage_declaration(sheet: &mut Sheet<'_>) -> u64 {
    sheet.head(&[], "");
    sheet.title(&["TỜ KHAI ĐĂNG KÝ KẾT HÔN"]);
    sheet.middle("Kính gửi: Ủy ban nhân dân xã An Hòa (DEMO)", Cut::Regular);
    sheet.table(
        ["Thông tin", "Bên nữ", "Bên nam"],
        &[
            ["Họ, chữ đệm, tên", "*TRẦN* *THỊ* *THỬ* *NGHIỆM*", "*NGUYỄN* *VĂN* *MẪU*"],
            ["Ngày sinh", "03/03/2000", "01/01/1999"],
            ["Dân tộc", "Kinh", "Kinh"],
            ["Quốc tịch", "Việt Nam", "Việt Nam"],
            ["Nơi cư trú", "Số 2, thôn Mẫu, xã An Hòa (DEMO)", "Số 1, thôn Mẫu, xã An Hòa (DEMO)"],
            ["Giấy tờ tùy thân", "Căn cước số 001300000002 (hư cấu)", "Căn cước số 001099000001 (hư cấu)"],
            ["Kết hôn lần thứ", "01", "01"],
        ],
    );
    sheet.paragraph(
        "Chúng tôi cam đoan những lời khai trên đây là đúng sự thật, việc kết hôn của chúng tôi là tự nguyện, \
         không vi phạm quy định của Luật Hôn nhân và gia đình Việt Nam.",
    );
    sheet.paragraph("Chúng tôi chịu hoàn toàn trách nhiệm trước pháp luật về nội dung cam đoan của mình.");
    sheet.field("Đề nghị cấp bản sao: Có, số lượng: 02 bản.");
    sheet.dated("An Hòa, ngày 20 tháng 11 năm 2026");
    sheet.signed(
        &[
            Block {
                middle: 420.0,
                heads: &[("ĐÃ TIẾP NHẬN", Cut::Bold)],
                name: "Bộ phận Một cửa",
                sealed: true,
            },
            Block {
                middle: 840.0,
                heads: &[("Bên nữ", Cut::Bold)],
                name: "Trần Thị Thử Nghiệm",
                sealed: false,
            },
            Block {
                middle: 1290.0, heads: &[("Bên nam", Cut::Bold)], name: "Nguyễn Văn Mẫu", sealed: false
            },
        ],
        22,
    );
    202
}

fn birth_certificate(sheet: &mut Sheet<'_>) -> u64 {
    sheet.head(&OFFICE, "Số: 12/2000-BS");
    sheet.title(&["GIẤY KHAI SINH", "(BẢN SAO)"]);
    for line in [
        "Họ, chữ đệm, tên: *TRẦN* *THỊ* *THỬ* *NGHIỆM*",
        "Ngày, tháng, năm sinh: 03/03/2000",
        "Ghi bằng chữ: Ngày ba, tháng ba, năm hai nghìn",
        "Giới tính: Nữ      Dân tộc: Kinh      Quốc tịch: Việt Nam",
        "Nơi sinh: Trạm y tế xã An Hòa (DEMO), tỉnh Mẫu",
        "Quê quán: xã An Hòa (DEMO), tỉnh Mẫu",
        "Số định danh cá nhân: 001300000002 (số hư cấu)",
        "Họ, chữ đệm, tên người mẹ: *PHẠM* *THỊ* *VÍ* *DỤ*",
        "Năm sinh: 1975      Dân tộc: Kinh      Quốc tịch: Việt Nam",
        "Nơi cư trú: Số 2, thôn Mẫu, xã An Hòa (DEMO), tỉnh Mẫu",
        "Họ, chữ đệm, tên người cha: *TRẦN* *VĂN* *GIẢ* *ĐỊNH*",
        "Năm sinh: 1973      Dân tộc: Kinh      Quốc tịch: Việt Nam",
        "Nơi cư trú: Số 2, thôn Mẫu, xã An Hòa (DEMO), tỉnh Mẫu",
        "Họ, chữ đệm, tên người đi khai sinh: Trần Văn Giả Định",
        "Nơi đăng ký khai sinh: Ủy ban nhân dân xã An Hòa (DEMO), tỉnh Mẫu",
        "Ngày, tháng, năm đăng ký: 15/03/2000",
    ] {
        sheet.field(line);
    }
    sheet.paragraph(
        "Sao từ Sổ đăng ký khai sinh năm 2000, số 12, quyển số 01 của Ủy ban nhân dân xã An Hòa (DEMO).",
    );
    sheet.dated("An Hòa, ngày 05 tháng 10 năm 2026");
    sheet.signed(
        &[Block {
            middle: 1180.0,
            heads: &[("NGƯỜI KÝ BẢN SAO", Cut::Bold), ("PHÓ CHỦ TỊCH", Cut::Bold)],
            name: "Đỗ Thị Minh Họa",
            sealed: true,
        }],
        33,
    );
    303
}

fn extract_declaration(sheet: &mut Sheet<'_>) -> u64 {
    sheet.head(&[], "");
    sheet.title(&["TỜ KHAI", "CẤP BẢN SAO TRÍCH LỤC HỘ TỊCH"]);
    sheet.middle("Kính gửi: Ủy ban nhân dân xã An Hòa (DEMO)", Cut::Regular);
    for line in [
        "Họ, chữ đệm, tên người yêu cầu: *NGUYỄN* *VĂN* *MẪU*",
        "Nơi cư trú: Số 1, đường Thử Nghiệm, thôn Mẫu, xã An Hòa (DEMO), tỉnh Mẫu",
        "Giấy tờ tùy thân: Căn cước số 001099000001 (số hư cấu)",
        "Quan hệ với người được cấp bản sao trích lục hộ tịch: Bản thân",
    ] {
        sheet.field(line);
    }
    sheet.paragraph(
        "Đề nghị cơ quan cấp bản sao trích lục khai sinh cho người có tên dưới đây, theo thông tin đã được đăng \
         ký trong Cơ sở dữ liệu hộ tịch điện tử:",
    );
    for line in [
        "Họ, chữ đệm, tên: *NGUYỄN* *VĂN* *MẪU*",
        "Ngày, tháng, năm sinh: 01/01/1999      Giới tính: Nam",
        "Dân tộc: Kinh      Quốc tịch: Việt Nam",
        "Số định danh cá nhân: 001099000001 (số hư cấu)",
        "Đã đăng ký tại: Ủy ban nhân dân xã An Hòa (DEMO), ngày 10/01/1999, số 03, quyển số 01",
        "Số lượng bản sao yêu cầu cấp: 03 bản.",
    ] {
        sheet.field(line);
    }
    sheet.paragraph(
        "Tôi cam đoan những nội dung khai trên đây là đúng sự thật và chịu trách nhiệm trước pháp luật về cam \
         đoan của mình.",
    );
    sheet.dated("An Hòa, ngày 20 tháng 11 năm 2026");
    sheet.signed(
        &[
            Block {
                middle: 520.0,
                heads: &[("ĐÃ TIẾP NHẬN", Cut::Bold), ("(Bộ phận Một cửa)", Cut::Italic)],
                name: "Nguyễn Thị Thử Nghiệm",
                sealed: true,
            },
            Block {
                middle: 1180.0,
                heads: &[("NGƯỜI YÊU CẦU", Cut::Bold), ("(Ký, ghi rõ họ, chữ đệm, tên)", Cut::Italic)],
                name: "Nguyễn Văn Mẫu",
                sealed: false,
            },
        ],
        44,
    );
    404
}

fn marriage_certificate(sheet: &mut Sheet<'_>) -> u64 {
    sheet.head(&OFFICE, "Số: 27/2026");
    sheet.title(&["GIẤY CHỨNG NHẬN KẾT HÔN"]);
    sheet.table(
        ["Thông tin", "Vợ", "Chồng"],
        &[
            ["Họ, chữ đệm, tên", "*TRẦN* *THỊ* *THỬ* *NGHIỆM*", "*NGUYỄN* *VĂN* *MẪU*"],
            ["Ngày sinh", "03/03/2000", "01/01/1999"],
            ["Dân tộc", "Kinh", "Kinh"],
            ["Quốc tịch", "Việt Nam", "Việt Nam"],
            ["Nơi cư trú", "Số 2, thôn Mẫu, xã An Hòa (DEMO)", "Số 1, thôn Mẫu, xã An Hòa (DEMO)"],
            ["Giấy tờ tùy thân", "Căn cước số 001300000002 (hư cấu)", "Căn cước số 001099000001 (hư cấu)"],
        ],
    );
    sheet.field("Nơi đăng ký kết hôn: Ủy ban nhân dân xã An Hòa (DEMO), tỉnh Mẫu");
    sheet.field("Ngày, tháng, năm đăng ký: 21/11/2026");
    sheet.paragraph(
        "Giấy chứng nhận này có giá trị kể từ ngày ký và ghi vào Sổ đăng ký kết hôn (bản giới thiệu).",
    );
    sheet.dated("An Hòa, ngày 21 tháng 11 năm 2026");
    sheet.signed(
        &[
            Block {
                middle: 400.0, heads: &[("VỢ", Cut::Bold)], name: "Trần Thị Thử Nghiệm", sealed: false
            },
            Block {
                middle: 820.0, heads: &[("CHỒNG", Cut::Bold)], name: "Nguyễn Văn Mẫu", sealed: false
            },
            Block {
                middle: 1290.0, heads: &[("CHỦ TỊCH", Cut::Bold)], name: "Lê Văn Thí Dụ", sealed: true
            },
        ],
        55,
    );
    505
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn papers_are_a4_at_200_dpi_and_the_same_every_time() {
        let dir = tempfile::tempdir().unwrap();
        let papers = render_papers(dir.path()).unwrap();
        assert_eq!(papers.len(), 5);
        for paper in &papers {
            let bytes = fs::read(&paper.file).unwrap();
            assert!(bytes.starts_with(b"P6\n1654 2339\n255\n"));
            assert_eq!(bytes.len(), 17 + 1654 * 2339 * 3, "{}", paper.title);
        }
        let again = PaperKind::MaritalStatus.render().unwrap().to_ppm();
        assert!(fs::read(&papers[0].file).unwrap() == again, "rendering is repeatable");
        // Look at them: MOTCUA_SHOW_PAPERS=/some/folder cargo test -p motcua-demo papers_are
        if let Some(folder) = std::env::var_os("MOTCUA_SHOW_PAPERS") {
            render_papers(Path::new(&folder)).unwrap();
        }
    }

    #[test]
    fn a_paper_carries_red_and_blue_ink_and_a_light_ground() {
        for kind in PaperKind::ALL {
            let page = kind.render().unwrap();
            let count = |wanted: fn(i32, i32, i32) -> bool| {
                let pixel = |p: &&[u8]| wanted(p[0].into(), p[1].into(), p[2].into());
                page.samples.chunks_exact(3).filter(pixel).count()
            };
            assert!(count(|r, g, b| r > g + 80 && r > b + 80) > 5_000, "{kind:?} has a seal");
            assert!(count(|r, g, b| b > r + 50 && b > g + 40) > 1_500, "{kind:?} is signed");
            assert!(count(|r, g, b| r.min(g).min(b) > 190) > 2_500_000, "{kind:?} is mostly paper");
        }
    }

    #[test]
    fn a_paper_becomes_a_pdf_of_one_page() {
        let page = PaperKind::BirthCertificate.render().unwrap();
        let at = OffsetDateTime::from_unix_timestamp(1_795_000_000).unwrap();
        let pdf = page.to_pdf("Giấy khai sinh", at, [7; 16]).unwrap();
        assert_eq!(motcua_pdf::inspect(&pdf).unwrap().pages, 1);
        assert!(pdf.len() < 1_500_000, "{} bytes", pdf.len());
        assert_eq!(pdf, page.to_pdf("Giấy khai sinh", at, [7; 16]).unwrap());
    }

    #[test]
    fn the_text_can_be_read_by_a_machine() {
        let languages = Command::new("tesseract").arg("--list-langs").output();
        let vietnamese = languages.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("vie"));
        if !vietnamese {
            eprintln!(
                "SKIPPED: tesseract with Vietnamese is not on this machine (apt install tesseract-ocr-vie)"
            );
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        for (kind, expected) in [
            (PaperKind::MaritalStatus, "TÌNH TRẠNG HÔN NHÂN"),
            (PaperKind::MarriageDeclaration, "ĐĂNG KÝ KẾT HÔN"),
            (PaperKind::BirthCertificate, "KHAI SINH"),
            (PaperKind::ExtractDeclaration, "TRÍCH LỤC"),
            (PaperKind::MarriageCertificate, "CHỨNG NHẬN KẾT HÔN"),
        ] {
            let file = dir.path().join("page.ppm");
            fs::write(&file, kind.render().unwrap().to_ppm()).unwrap();
            let read = Command::new("tesseract")
                .arg(&file)
                .args(["stdout", "-l", "vie", "--dpi", "200"])
                .env("OMP_THREAD_LIMIT", "1")
                .stderr(Stdio::null())
                .output()
                .unwrap();
            let text = String::from_utf8(read.stdout).unwrap();
            assert!(text.contains(expected), "{kind:?}: {text}");
        }
    }
}
