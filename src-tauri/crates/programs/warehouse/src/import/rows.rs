//! What each kind of list has in its rows, and what a row becomes.

use super::{Column, Entered, Import, ImportKind, Refused, Row, Stop, refused};
use crate::intake::{FileRefusal, examine};
use crate::store::{DossierRow, PaperRow, StoredStatus};
use motcua_dossier::{
    AgencyCode, Applicant, BlobId, Calendar, Channel, CopyForm, Day, Deadline, DocumentId, DocumentRecord,
    DossierCode, DossierId, IdKind, IdNumber, IdentityCheck, Metadata, PaperCode, Party, PartyKind,
    ProcedureCode, Provenance, ResultCode, ReturnMethod, SigningRule, StoreKind, Timestamp, fold,
};
use motcua_wire::{AcceptedDossier, Change, ComponentEvidence, DossierEvent, EvidenceSource, MAX_FILE};
use sha2::{Digest, Sha256};
use std::path::{Component, Path, PathBuf};
use time::{Time, UtcOffset};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

pub(super) const fn must(name: &'static str, about: &'static str, example: &'static str) -> Column {
    Column { name, required: true, about, example }
}

pub(super) const fn may(name: &'static str, about: &'static str, example: &'static str) -> Column {
    Column { name, required: false, about, example }
}

const OWNERS: &[Column] = &[
    must("so_dinh_danh", "Số chính: CCCD, mã số thuế, mã định danh cơ quan", "099000000001"),
    must("ho_ten", "Họ tên hoặc tên tổ chức", "NGUYỄN VĂN MẪU"),
    may("so_khac", "Các số khác của cùng người, cách nhau bằng |", "990000001|C1234567"),
];

const DOCUMENTS: &[Column] = &[
    must("so_dinh_danh", "Số của chủ giấy tờ, số chính trước, cách nhau bằng |", "099000000001"),
    must("tep_tin", "Tệp PDF trong thư mục --files", "2024/khai-sinh-17.pdf"),
    must("loai_giay_to", "Loại giấy tờ", "Kết quả giải quyết"),
    must("ten_giay_to", "Tên giấy tờ", "Giấy khai sinh"),
    may("ho_ten", "Tên chủ giấy tờ; bỏ trống nếu đã nhập ở danh sách owners", "NGUYỄN VĂN MẪU"),
    may("ma_giay_to", "Mã giấy tờ cũ, giữ nguyên; bỏ trống thì kho cấp mã", "099000000001.KQ.G15.000031.17"),
    may("danh_muc", "Danh mục giấy tờ", "Giấy khai sinh"),
    may("ma_ket_qua", "Mã kết quả quốc gia", "KQ.G15.000031"),
    may("so_quyet_dinh", "Số, ký hiệu", "17/2024"),
    may("trich_yeu", "Trích yếu", "Đăng ký khai sinh"),
    may("co_quan_cap", "Cơ quan cấp", "UBND xã Thử Nghiệm"),
    may("ngay_cap", "Ngày cấp", "02/02/2024"),
    may("het_han", "Ngày hết hiệu lực", "02/02/2034"),
    may(
        "hinh_thuc_ban",
        "Bản chính | Bản sao y | Bản chứng thực | Sao lục | Trích sao | Bản sao",
        "Bản chính",
    ),
    may("loai_kho", "Cá nhân/tổ chức | Kho cơ quan nhà nước, tổ chức", "Cá nhân/tổ chức"),
    may("hien_thi", "Chủ giấy tờ nhìn thấy: có | không (mặc định có)", "có"),
    may("chia_se", "Cơ quan khác dùng lại được: có | không (mặc định không)", "có"),
    may("ma_co_quan", "Mã cơ quan đã lưu; bắt buộc khi không chia sẻ", "000.01.20.H08"),
    may("ngay_luu_kho", "Ngày lưu kho (mặc định hôm nay)", "05/02/2024"),
    may("so_lan_su_dung", "Số lần đã sử dụng", "3"),
    may("huy", "Đã bị cơ quan cấp hủy: có | không", "không"),
];

const DOSSIERS: &[Column] = &[
    must("ma_ho_so", "Mã hồ sơ cũ, giữ nguyên", "000.01.20.H08-261102-0001"),
    must("ma_co_quan", "Mã cơ quan tiếp nhận", "000.01.20.H08"),
    must("ma_thu_tuc", "Mã thủ tục", "1.000894.000.00.00.H08"),
    must("so_dinh_danh", "Số của chủ hồ sơ, số chính trước, cách nhau bằng |", "099000000001"),
    must("ho_ten", "Tên chủ hồ sơ", "NGUYỄN VĂN MẪU"),
    must("ngay_tiep_nhan", "Ngày (và giờ) tiếp nhận", "02/11/2026 08:30"),
    must("han_tra", "Ngày hẹn trả", "16/11/2026"),
    must("tep_bien_nhan", "Giấy tiếp nhận và hẹn trả, PDF trong thư mục --files", "bien-nhan/0001.pdf"),
    may("truong_hop", "Trường hợp giải quyết", "KXM"),
    may("dia_chi", "Địa chỉ chủ hồ sơ", "Thôn Mẫu"),
    may("dien_thoai", "Điện thoại chủ hồ sơ", "0900000001"),
    may("so_nguoi_nop", "Số của người nộp, nếu là người khác", "099000000002"),
    may("ten_nguoi_nop", "Tên người nộp", "TRẦN THỊ MẪU"),
    may("kenh", "trực tiếp | bưu chính | trực tuyến (mặc định trực tiếp)", "trực tiếp"),
    may("nhan_ket_qua", "tại quầy | bưu chính | điện tử (mặc định tại quầy)", "tại quầy"),
    may("le_phi", "Lệ phí, đồng", "20000"),
    may("can_bo", "Cán bộ tiếp nhận", "canbo.demo"),
    may(
        "thanh_phan",
        "Thành phần: Tên=tệp, cách nhau bằng |; không có tệp thì chỉ ghi tên",
        "Đơn=don.pdf|Bản vẽ",
    ),
];

/// The columns of a list.
#[must_use]
pub fn columns(kind: ImportKind) -> &'static [Column] {
    match kind {
        ImportKind::Owners => OWNERS,
        ImportKind::Documents => DOCUMENTS,
        ImportKind::Dossiers => DOSSIERS,
    }
}

/// A file a row names.
struct Named {
    blob: BlobId,
    bytes: Vec<u8>,
}

impl Import<'_> {
    /// A person or organisation.
    pub(super) fn owner(&mut self, row: &Row<'_>) -> Result<Entered, Stop> {
        let mut numbers = vec![number(row.required("so_dinh_danh")?, "so_dinh_danh")?];
        numbers.extend(numbers_in(row.text("so_khac"), "so_khac")?);
        let name = row.required("ho_ten")?.to_owned();
        let (key, hash) = (numbers[0].value().to_owned(), row.hash(OWNERS, &[]));
        if self.is_there(ImportKind::Owners, &key, &hash)? {
            return Ok(Entered::There);
        }
        if self.warehouse.records.read(|v| v.people_of(&numbers))?.len() > 1 {
            return Err(refused(
                Some("so_khac"),
                "numbersOfTwoPeople",
                "Kho đang ghi các số này cho hai người khác nhau",
            ));
        }
        let subject = self.warehouse.pseudonyms(&numbers);
        self.commit(ImportKind::Owners, &key, &hash, subject, |v| {
            v.join_numbers(&numbers)?;
            numbers.iter().try_for_each(|number| v.put_owner(number, &name))
        })?;
        Ok(Entered::Added)
    }

    /// A paper with its file.
    pub(super) fn document(&mut self, row: &Row<'_>) -> Result<Entered, Stop> {
        let owner = owners(row)?;
        let file = self.file(row.required("tep_tin")?, "tep_tin")?;
        let code = optional(row, "ma_giay_to", PaperCode::parse)?;
        let key = match &code {
            Some(code) => code.to_string(),
            None => format!("{} {}", owner[0].value(), file.blob),
        };
        let hash = row.hash(DOCUMENTS, &[file.blob.0]);
        if self.is_there(ImportKind::Documents, &key, &hash)? {
            return Ok(Entered::There);
        }
        let (status, note, pages) = self.judge(row, &file)?;
        let paper = self.paper(row, owner, &file, status, pages)?;
        let taken = |v: &crate::store::View<'_>| {
            Ok((
                v.same_paper(&file.blob, &paper.record.owner)?.is_some(),
                code.as_ref().map_or(Ok(false), |c| v.paper_code_taken(c.as_str()))?,
            ))
        };
        let (same, code_taken) = self.warehouse.records.read(taken)?;
        if same && (code.is_none() || code_taken) {
            return Ok(Entered::There);
        }
        if same {
            let message = "Giấy tờ này đã có trong kho dưới mã khác";
            return Err(refused(Some("tep_tin"), "sameFile", message));
        }
        if code_taken {
            return Err(refused(Some("ma_giay_to"), "codeTaken", "Mã giấy tờ đã dùng cho giấy tờ khác"));
        }
        if !self.dry_run {
            self.warehouse.blobs.put(&file.bytes)?;
        }
        let now = self.warehouse.now();
        self.commit(ImportKind::Documents, &key, &hash, paper.record.id.to_string(), |v| {
            v.add_blob(&file.blob, paper.record.size, now, None)?;
            let suffix = v.next_paper_suffix()?;
            let code = match (&code, &paper.record.metadata.result_code) {
                (Some(code), _) => code.to_string(),
                (None, Some(result)) => {
                    PaperCode::derive(&paper.record.owner[0], result, &suffix).to_string()
                }
                (None, None) => format!("{}.{suffix}", paper.record.owner[0].value()),
            };
            v.put_paper(&PaperRow { code, ..paper }, None)
        })?;
        Ok(note.map_or(Entered::Added, Entered::Noted))
    }

    /// The same checks as at a counter. What nobody signed enters marked and is not reused before it is signed; a
    /// signature that holds and is not believed today marks it as well; what was tampered with stays outside.
    fn judge(&self, row: &Row<'_>, file: &Named) -> Result<(StoredStatus, Option<Refused>, u32), Stop> {
        let reference = self.reference.as_deref().ok_or_else(no_reference)?;
        let verdict = examine(&file.bytes, reference, self.warehouse.now());
        let pages = match &verdict {
            Ok(facts) => facts.pages,
            Err(_) => motcua_pdf::inspect(&file.bytes).map_or(0, |facts| facts.pages),
        };
        let verdict = match verdict {
            // Papers of before were signed by what held then: no later decision of the province asks more of them.
            Ok(facts) => facts.signed_by(SigningRule::Agency),
            Err(refusal) => Err(refusal),
        };
        let note = |code, message| Some(Refused { column: Some("tep_tin"), code, message });
        let (status, note) = match verdict {
            Ok(()) => (StoredStatus::Valid, None),
            Err(refusal) => {
                let (code, message) = words(refusal);
                match refusal {
                    FileRefusal::Unsigned
                    | FileRefusal::AgencySignatureMissing
                    | FileRefusal::OfficerSignatureMissing => (StoredStatus::Unsigned, note(code, message)),
                    FileRefusal::NotTrusted
                    | FileRefusal::SignerExpired
                    | FileRefusal::SignerNotYetValid
                    | FileRefusal::SignerRevoked
                    | FileRefusal::SignerNotAllowed => (StoredStatus::BadSignature, note(code, message)),
                    _ => return Err(refused(Some("tep_tin"), code, message)),
                }
            }
        };
        let cancelled = yes(row, "huy", false)?;
        Ok((if cancelled { StoredStatus::Cancelled } else { status }, note, pages))
    }

    fn paper(
        &self,
        row: &Row<'_>,
        owner: Vec<IdNumber>,
        file: &Named,
        status: StoredStatus,
        pages: u32,
    ) -> Result<PaperRow, Stop> {
        let now = self.warehouse.now();
        let mut owner_name = row.text("ho_ten").to_owned();
        if owner_name.is_empty() {
            let known = self.warehouse.records.read(|v| v.owner_name(&owner[0]))?;
            owner_name = known.ok_or_else(|| {
                refused(Some("ho_ten"), "ownerUnknown", "Thiếu tên, và chủ giấy tờ chưa có trong kho")
            })?;
        }
        let metadata = Metadata {
            kind: row.required("loai_giay_to")?.to_owned(),
            category: row.text("danh_muc").to_owned(),
            result_code: optional(row, "ma_ket_qua", ResultCode::parse)?,
            name: row.required("ten_giay_to")?.to_owned(),
            decision_number: row.text("so_quyet_dinh").to_owned(),
            summary: row.text("trich_yeu").to_owned(),
            issuer: row.text("co_quan_cap").to_owned(),
            issued_on: optional(row, "ngay_cap", Day::parse)?,
            valid_until: optional(row, "het_han", Day::parse)?,
            form: form(row)?,
            store: store(row)?,
            shown: yes(row, "hien_thi", true)?,
            shared: yes(row, "chia_se", false)?,
        };
        if !metadata.problems().is_empty() {
            return Err(refused(Some("het_han"), "validityBeforeIssue", "Hết hiệu lực trước ngày cấp"));
        }
        let filed_by = optional(row, "ma_co_quan", AgencyCode::parse)?;
        if filed_by.is_none() && !metadata.shared {
            let message = "Không chia sẻ thì phải có mã cơ quan, nếu không chẳng ai thấy giấy tờ này";
            return Err(refused(Some("ma_co_quan"), "seenByNobody", message));
        }
        let filed_at =
            optional(row, "ngay_luu_kho", Day::parse)?.map_or(now, |day| moment(day, Time::MIDNIGHT));
        if filed_at > now || metadata.issued_on.is_some_and(|day| day > now.day()) {
            return Err(refused(Some("ngay_luu_kho"), "dayInFuture", "Ngày ở tương lai"));
        }
        let base_uses = optional(row, "so_lan_su_dung", str::parse::<u32>)?.unwrap_or(0).into();
        let identity = format!("{} {}", owner[0].value(), file.blob);
        Ok(PaperRow {
            record: DocumentRecord {
                id: DocumentId(derived("document", &identity)),
                owner,
                metadata,
                blob: file.blob,
                size: file.bytes.len() as u64,
                pages,
                supersedes: None,
            },
            code: String::new(),
            version: 1,
            status,
            provenance: Provenance::Provincial,
            store_name: String::new(),
            owner_name,
            filed_at,
            filed_by: filed_by.map(|a| a.to_string()),
            base_uses,
        })
    }

    /// A dossier that is still open, under its old code.
    pub(super) fn dossier(&mut self, row: &Row<'_>) -> Result<Entered, Stop> {
        let reference = self.reference.clone().ok_or_else(no_reference)?;
        let code = parsed(row.required("ma_ho_so")?, "ma_ho_so", DossierCode::kept)?;
        let agency = parsed(row.required("ma_co_quan")?, "ma_co_quan", AgencyCode::parse)?;
        if !reference.data.tree.iter().any(|n| n.agency_code.as_deref() == Some(agency.as_str())) {
            return Err(refused(Some("ma_co_quan"), "agencyUnknown", "Danh mục không có cơ quan này"));
        }
        let procedure = parsed(row.required("ma_thu_tuc")?, "ma_thu_tuc", ProcedureCode::parse)?;
        if !reference.knows_procedure(&procedure) {
            return Err(refused(Some("ma_thu_tuc"), "procedureUnknown", "Danh mục không có thủ tục này"));
        }
        let receipt = self.file(row.required("tep_bien_nhan")?, "tep_bien_nhan")?;
        if motcua_pdf::inspect(&receipt.bytes).is_err() {
            return Err(refused(Some("tep_bien_nhan"), "fileNotPdf", "Tệp tin không phải PDF đọc được"));
        }
        let (components, files) = self.components(row)?;
        let mut all: Vec<[u8; 32]> = vec![receipt.blob.0];
        all.extend(files.iter().map(|f| f.blob.0));
        let hash = row.hash(DOSSIERS, &all);
        if self.is_there(ImportKind::Dossiers, code.as_str(), &hash)? {
            return Ok(Entered::There);
        }
        let accepted_at = day_and_time(row.required("ngay_tiep_nhan")?)?;
        if accepted_at > self.warehouse.now() {
            return Err(refused(Some("ngay_tiep_nhan"), "dayInFuture", "Ngày ở tương lai"));
        }
        let due = parsed(row.required("han_tra")?, "han_tra", Day::parse)?;
        if due < accepted_at.day() {
            return Err(refused(Some("han_tra"), "dueBeforeAcceptance", "Hẹn trả trước ngày tiếp nhận"));
        }
        let accepted = AcceptedDossier {
            code: code.clone(),
            channel: channel(row)?,
            return_method: return_method(row)?,
            applicant: applicant(row)?,
            identity: IdentityCheck::NotAsked,
            procedure,
            case_code: row.text("truong_hop").to_owned(),
            reference_version: reference.data.version,
            accepted_at,
            deadline: Deadline::plain(due, working_days(&reference.data.calendar, accepted_at.day(), due)),
            fee: optional(row, "le_phi", str::parse::<u64>)?.unwrap_or(0),
            components,
            consents: vec![],
            receipt: receipt.blob,
            officer: row.text("can_bo").to_owned(),
            exception: None,
        };
        let id = DossierId(derived("dossier", code.as_str()));
        if self.warehouse.records.read(|v| v.code_taken(code.as_str(), id))? {
            return Err(refused(Some("ma_ho_so"), "codeTaken", "Mã hồ sơ đã dùng cho hồ sơ khác"));
        }
        let files: Vec<&Named> = std::iter::once(&receipt).chain(&files).collect();
        if !self.dry_run {
            for file in &files {
                self.warehouse.blobs.put(&file.bytes)?;
            }
        }
        let (now, ordinal) = (self.warehouse.now(), crate::apply::parts(&code));
        let of_agency = ordinal.filter(|(of, _, _)| *of == agency.as_str()).map(|(_, day, n)| (day, n));
        self.commit(ImportKind::Dossiers, code.as_str(), &hash, id.to_string(), |v| {
            for file in &files {
                v.add_blob(&file.blob, file.bytes.len() as u64, now, None)?;
                v.bind_blob(id, &file.blob)?;
            }
            if let Some((day, ordinal)) = of_agency {
                v.pass_ordinal(&agency, day, ordinal, now)?;
            }
            let row = DossierRow {
                version: 1,
                agency: agency.to_string(),
                submitted: None,
                declined: None,
                accepted: Some(accepted),
                returned: None,
            };
            v.put_dossier(id, &row)?;
            let what = DossierEvent::Accepted;
            let change = Change::Dossier { id, version: 1, code: Some(code.clone()), what };
            v.note(&change, Some(agency.as_str()), now)
        })?;
        Ok(Entered::Added)
    }

    fn components(&self, row: &Row<'_>) -> Result<(Vec<ComponentEvidence>, Vec<Named>), Stop> {
        let (mut components, mut files) = (Vec::new(), Vec::new());
        let parts = row.text("thanh_phan").split('|').map(str::trim).filter(|part| !part.is_empty());
        for (number, part) in (1..).zip(parts) {
            let (name, file) = part.split_once('=').unwrap_or((part, ""));
            let source = if file.trim().is_empty() {
                EvidenceSource::Absent
            } else {
                let file = self.file(file.trim(), "thanh_phan")?;
                let blob = file.blob;
                files.push(file);
                EvidenceSource::File { blob, document: None }
            };
            components.push(ComponentEvidence { number, name: name.trim().to_owned(), source });
        }
        Ok((components, files))
    }

    /// Reads a file below the folder; a path never leads out of it.
    fn file(&self, name: &str, column: &'static str) -> Result<Named, Stop> {
        let outside = || refused(Some(column), "pathOutside", "Đường dẫn ra ngoài thư mục --files");
        let name = name.replace('\\', "/");
        let path = Path::new(&name);
        if !path.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
            return Err(outside());
        }
        // Names from a Mac are decomposed on the disk and composed in the list, or the other way round.
        let spellings: [PathBuf; 3] =
            [path.into(), name.nfd().collect::<String>().into(), name.nfc().collect::<String>().into()];
        let found = spellings.iter().map(|s| self.files.join(s)).find(|p| p.is_file());
        let found = found.ok_or_else(|| refused(Some(column), "fileMissing", "Không thấy tệp tin"))?;
        if !found.canonicalize()?.starts_with(self.files.canonicalize()?) {
            return Err(outside());
        }
        let size = std::fs::metadata(&found)?.len();
        if size == 0 {
            return Err(refused(Some(column), "fileEmpty", "Tệp tin trống"));
        }
        if size > MAX_FILE {
            return Err(refused(Some(column), "fileTooLarge", "Tệp tin quá lớn"));
        }
        let bytes = std::fs::read(found)?;
        Ok(Named { blob: BlobId(Sha256::digest(&bytes).into()), bytes })
    }
}

fn no_reference() -> Stop {
    refused(None, "referenceAbsent", "Kho chưa có dữ liệu danh mục")
}

/// What is wrong with a file, in words.
fn words(refusal: FileRefusal) -> (&'static str, &'static str) {
    match refusal {
        FileRefusal::NotPdf => ("fileNotPdf", "Tệp tin không phải PDF"),
        FileRefusal::Encrypted => ("fileEncrypted", "Tệp tin có mật khẩu"),
        FileRefusal::Broken => ("fileBroken", "Tệp tin hỏng, không đọc được"),
        FileRefusal::Unsigned => ("fileUnsigned", "Chưa ký số: đã nhận, chưa dùng lại được"),
        FileRefusal::AgencySignatureMissing => {
            ("agencySignatureMissing", "Thiếu chữ ký số của cơ quan: đã nhận như chưa ký số")
        }
        FileRefusal::OfficerSignatureMissing => (
            "officerSignatureMissing",
            "Thiếu chữ ký số của cán bộ trước chữ ký của cơ quan: đã nhận như chưa ký số",
        ),
        FileRefusal::SignatureInvalid => ("fileSignatureInvalid", "Chữ ký số không đúng"),
        FileRefusal::ChangedAfterSigning => ("fileChangedAfterSigning", "Tệp tin bị sửa sau khi ký"),
        FileRefusal::NotTrusted => {
            ("fileNotTrusted", "Chứng thư của người ký không được tin cậy: đã nhận, không dùng lại được")
        }
        FileRefusal::SignerExpired => {
            ("fileSignerExpired", "Chứng thư của người ký đã hết hạn: đã nhận, không dùng lại được")
        }
        FileRefusal::SignerNotYetValid => {
            ("fileSignerNotYetValid", "Chứng thư của người ký chưa có hiệu lực: đã nhận, không dùng lại được")
        }
        FileRefusal::SignerRevoked => {
            ("fileSignerRevoked", "Chứng thư của người ký bị thu hồi: đã nhận, không dùng lại được")
        }
        FileRefusal::SignerNotAllowed => {
            ("fileSignerNotAllowed", "Chứng thư không dùng để ký văn bản: đã nhận, không dùng lại được")
        }
        FileRefusal::SizeMismatch => ("sizeMismatch", "Dung lượng không khớp"),
        FileRefusal::PagesMismatch => ("pagesMismatch", "Số trang không khớp"),
    }
}

/// The same thing gets the same id however often it is taken over.
fn derived(kind: &str, key: &str) -> Uuid {
    let hash = Sha256::new()
        .chain_update(b"motcua import v1\0")
        .chain_update(kind)
        .chain_update([0])
        .chain_update(key)
        .finalize();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn number(text: &str, column: &'static str) -> Result<IdNumber, Stop> {
    IdNumber::parse(text)
        .map_err(|_| refused(Some(column), "numberMalformed", "Số định danh không đúng dạng"))
}

fn numbers_in(text: &str, column: &'static str) -> Result<Vec<IdNumber>, Stop> {
    text.split('|').map(str::trim).filter(|t| !t.is_empty()).map(|t| number(t, column)).collect()
}

fn owners(row: &Row<'_>) -> Result<Vec<IdNumber>, Stop> {
    let numbers = numbers_in(row.required("so_dinh_danh")?, "so_dinh_danh")?;
    if numbers.is_empty() {
        return Err(refused(Some("so_dinh_danh"), "numberMalformed", "Số định danh không đúng dạng"));
    }
    Ok(numbers)
}

fn parsed<T, E>(
    text: &str,
    column: &'static str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Stop> {
    read(text).map_err(|_| refused(Some(column), "valueMalformed", "Giá trị không đúng dạng"))
}

pub(super) fn optional<T, E>(
    row: &Row<'_>,
    column: &'static str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Stop> {
    let text = row.text(column);
    if text.is_empty() { Ok(None) } else { parsed(text, column, read).map(Some) }
}

fn word<T: Copy>(row: &Row<'_>, column: &'static str, known: &[(&str, T)], usual: T) -> Result<T, Stop> {
    let text = fold(row.text(column));
    if text.is_empty() {
        return Ok(usual);
    }
    let found = known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    found.ok_or_else(|| refused(Some(column), "valueUnknown", "Giá trị không có trong các giá trị được dùng"))
}

fn yes(row: &Row<'_>, column: &'static str, usual: bool) -> Result<bool, Stop> {
    let known = [
        ("co", true),
        ("khong", false),
        ("x", true),
        ("1", true),
        ("0", false),
        ("true", true),
        ("false", false),
    ];
    word(row, column, &known, usual)
}

fn form(row: &Row<'_>) -> Result<CopyForm, Stop> {
    let known = [
        ("ban chinh", CopyForm::Original),
        ("ban sao y", CopyForm::TrueCopy),
        ("sao y", CopyForm::TrueCopy),
        ("ban chung thuc", CopyForm::CertifiedCopy),
        ("ban chung thuc dien tu", CopyForm::CertifiedCopy),
        ("sao luc", CopyForm::CopyOfCopy),
        ("trich sao", CopyForm::Extract),
        ("ban sao", CopyForm::Copy),
    ];
    word(row, "hinh_thuc_ban", &known, CopyForm::Copy)
}

fn store(row: &Row<'_>) -> Result<StoreKind, Stop> {
    let known = [
        ("ca nhan/to chuc", StoreKind::Personal),
        ("ca nhan to chuc", StoreKind::Personal),
        ("ca nhan, to chuc", StoreKind::Personal),
        ("kho co quan nha nuoc, to chuc", StoreKind::Agency),
        ("kho co quan nha nuoc to chuc", StoreKind::Agency),
    ];
    word(row, "loai_kho", &known, StoreKind::Personal)
}

fn channel(row: &Row<'_>) -> Result<Channel, Stop> {
    let known =
        [("truc tiep", Channel::Direct), ("buu chinh", Channel::Postal), ("truc tuyen", Channel::Online)];
    word(row, "kenh", &known, Channel::Direct)
}

fn return_method(row: &Row<'_>) -> Result<ReturnMethod, Stop> {
    let known = [
        ("tai quay", ReturnMethod::Counter),
        ("buu chinh", ReturnMethod::Postal),
        ("dien tu", ReturnMethod::Electronic),
    ];
    word(row, "nhan_ket_qua", &known, ReturnMethod::Counter)
}

fn applicant(row: &Row<'_>) -> Result<Applicant, Stop> {
    let mut numbers = owners(row)?.into_iter();
    let main = numbers.next().ok_or_else(no_reference)?;
    let owner = Party {
        kind: kind_of(&main),
        number: main,
        aliases: numbers.collect(),
        name: row.required("ho_ten")?.to_owned(),
        address: row.text("dia_chi").to_owned(),
        phone: row.text("dien_thoai").to_owned(),
    };
    let submitter = match (row.text("so_nguoi_nop"), row.text("ten_nguoi_nop")) {
        ("", "") => None,
        (text, name) if !name.is_empty() => {
            let number = number(text, "so_nguoi_nop")?;
            Some(Party {
                kind: kind_of(&number),
                number,
                aliases: vec![],
                name: name.to_owned(),
                address: String::new(),
                phone: String::new(),
            })
        }
        _ => return Err(refused(Some("ten_nguoi_nop"), "valueMissing", "Thiếu giá trị bắt buộc")),
    };
    Ok(Applicant { owner, submitter })
}

fn kind_of(number: &IdNumber) -> PartyKind {
    match number.kind() {
        IdKind::TaxCode => PartyKind::Enterprise,
        IdKind::Agency => PartyKind::Agency,
        IdKind::Cccd | IdKind::Cmnd | IdKind::Passport => PartyKind::Citizen,
    }
}

fn moment(day: Day, time: Time) -> Timestamp {
    let zone = UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC);
    Timestamp(day.0.with_time(time).assume_offset(zone).unix_timestamp() * 1000)
}

fn day_and_time(text: &str) -> Result<Timestamp, Stop> {
    let (day, time) = text.split_once(' ').unwrap_or((text, "00:00"));
    let format = time::macros::format_description!("[hour]:[minute]");
    let day = parsed(day, "ngay_tiep_nhan", Day::parse)?;
    let time = parsed(time.trim(), "ngay_tiep_nhan", |t| Time::parse(t, format))?;
    Ok(moment(day, time))
}

/// Working days between; an old dossier says only when it is due.
fn working_days(calendar: &Calendar, from: Day, until: Day) -> u32 {
    let (mut day, mut count) = (from, 0);
    while day < until && count < 1000 {
        let Some(next) = day.0.next_day() else { break };
        day = Day(next);
        count += u32::from(calendar.is_working(day));
    }
    count
}
