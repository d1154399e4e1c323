//! A province's officers and what they may do, from a CSV list: each row is an officer, with one grant or none. Doing
//! it again changes names and adds what is missing; nothing is ever ended by a list.

use super::rows::{may, must};
use super::{Column, ImportError, Refused, Row, RowReport, Stop, open, refused, row_fault};
use crate::audit::command;
use crate::officers::{GrantReport, GrantWish, OfficerError, check_grant, fits, require_node};
use crate::store::{GrantRow, OfficerRow, View};
use crate::{Config, Warehouse};
use motcua_dossier::{Day, Timestamp, fold};
use motcua_wire::Role;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The columns of the list of officers.
pub const OFFICER_COLUMNS: &[Column] = &[
    must("ten_dang_nhap", "Tên đăng nhập, như ở quầy", "canbo.lan"),
    must("ho_ten", "Họ tên; khác với kho thì kho ghi theo danh sách", "Nguyễn Thị Lan"),
    must("don_vi", "Đơn vị người đó làm việc (mã trong cây tổ chức)", "xa-an-hoa"),
    may(
        "vai_tro",
        "Tiếp nhận | Chuyên viên | Văn thư | Ký duyệt | Chứng thực | Phụ trách | Báo cáo | Quản trị; bỏ trống thì chưa có quyền",
        "Tiếp nhận",
    ),
    may("don_vi_quyen", "Đơn vị của quyền, và các đơn vị bên dưới (mặc định là don_vi)", "xa-an-hoa"),
    may("linh_vuc", "Chỉ lĩnh vực thủ tục này", "Hộ tịch"),
    may("tu_ngay", "Quyền có từ ngày", "01/01/2027"),
    may("den_ngay", "Quyền có đến hết ngày", "31/12/2027"),
];

/// A grant of an officer of the list that no row names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LeftGrant {
    /// Whose.
    pub login: String,
    /// Which.
    pub grant: GrantReport,
}

/// What became of a list of officers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OfficerImportReport {
    /// Nothing was written.
    pub dry_run: bool,
    /// Rows read.
    pub rows: u64,
    /// Officers added; none of them has a secret yet.
    pub added: u64,
    /// Officers whose name is another now.
    pub renamed: u64,
    /// Grants added.
    pub granted: u64,
    /// Rows of which everything was there already.
    pub there: u64,
    /// Rows that did not enter.
    pub refused: u64,
    /// Rights that go on though the list does not name them.
    pub left_grants: Vec<LeftGrant>,
    /// Officers who work here and are not on the list.
    pub left_officers: u64,
}

/// An officer as the records have him, or would after a dry run.
type Known = (Option<OfficerRow>, Vec<GrantRow>);

/// What a row says.
struct Wish {
    login: String,
    name: String,
    node: String,
    grant: Option<GrantRow>,
}

/// What a row changes.
#[derive(Default)]
struct Plan {
    officer: Option<OfficerRow>,
    is_new: bool,
    grant: Option<GrantRow>,
}

/// Takes a list of officers over; a server may run beside it. `tell` hears of every row that does not enter.
///
/// # Errors
/// See [`ImportError`].
pub fn import_officers(
    config: &Config,
    csv: &Path,
    dry_run: bool,
    tell: &mut dyn FnMut(&RowReport),
) -> Result<OfficerImportReport, ImportError> {
    let warehouse = Warehouse::beside(config)?;
    let (mut csv, names) = open(csv, OFFICER_COLUMNS)?;
    if warehouse.reference()?.is_none() {
        return Err(ImportError::NoReference);
    }
    let mut run = Run { warehouse: &warehouse, dry_run, said: BTreeMap::new(), would_be: BTreeMap::new() };
    let mut report = OfficerImportReport {
        dry_run,
        rows: 0,
        added: 0,
        renamed: 0,
        granted: 0,
        there: 0,
        refused: 0,
        left_grants: vec![],
        left_officers: 0,
    };
    while let Some(record) = csv.next()? {
        report.rows += 1;
        let outcome = match &record.fields {
            Err(fault) => Err(row_fault(*fault)),
            Ok(fields) => run.row(&Row { columns: &names, fields }),
        };
        match outcome {
            Ok(plan) => {
                report.added += u64::from(plan.is_new);
                report.renamed += u64::from(plan.officer.is_some() && !plan.is_new);
                report.granted += u64::from(plan.grant.is_some());
                report.there += u64::from(plan.officer.is_none() && plan.grant.is_none());
            }
            Err(Stop::Refused(Refused { column, code, message })) => {
                report.refused += 1;
                tell(&RowReport { line: record.line, column, code, message, refused: true });
            }
            Err(Stop::Store(error)) => return Err(error.into()),
        }
    }
    (report.left_grants, report.left_officers) = run.left_alone()?;
    if !dry_run {
        let subject = format!(
            "officers: {} added, {} renamed, {} grants, {} there, {} refused",
            report.added, report.renamed, report.granted, report.there, report.refused
        );
        warehouse.note_command("imported", subject)?;
    }
    Ok(report)
}

/// What a list has said so far.
struct Run<'a> {
    warehouse: &'a Warehouse,
    dry_run: bool,
    /// Name and node of each officer, and the grants its rows name.
    said: BTreeMap<String, (String, String, Vec<GrantRow>)>,
    /// What a dry run would have written.
    would_be: BTreeMap<String, Known>,
}

impl Run<'_> {
    fn row(&mut self, row: &Row<'_>) -> Result<Plan, Stop> {
        let wish = self.wish(row)?;
        let said = self.said.get(&wish.login);
        if said.is_some_and(|(name, node, _)| (name, node) != (&wish.name, &wish.node)) {
            let message = "Tên đăng nhập này đã có ở dòng trước với họ tên hoặc đơn vị khác";
            return Err(refused(Some("ten_dang_nhap"), "officerDiffers", message));
        }
        let (now, today) = (self.warehouse.now(), self.warehouse.now().day());
        let plan = if self.dry_run {
            let known = match self.would_be.get(&wish.login) {
                Some(known) => known.clone(),
                None => self.warehouse.records.read(|v| known(v, &wish.login))?,
            };
            let plan = plan(&wish, &known, today)?;
            let (officer, mut grants) = known;
            grants.extend(plan.grant.clone());
            self.would_be.insert(wish.login.clone(), (plan.officer.clone().or(officer), grants));
            plan
        } else {
            self.warehouse.records.attempt(|v| {
                let plan = plan(&wish, &known(v, &wish.login)?, today)?;
                write(v, &wish.login, &plan, now)?;
                Ok::<_, Stop>(plan)
            })?
        };
        let said = self.said.entry(wish.login).or_insert((wish.name, wish.node, vec![]));
        said.2.extend(wish.grant);
        Ok(plan)
    }

    fn wish(&self, row: &Row<'_>) -> Result<Wish, Stop> {
        let (login, name) = (row.required("ten_dang_nhap")?, row.required("ho_ten")?);
        let node = row.required("don_vi")?;
        if !fits(login) || login.contains(char::is_whitespace) {
            let message = "Tên đăng nhập quá dài hoặc có khoảng trắng";
            return Err(refused(Some("ten_dang_nhap"), "loginMalformed", message));
        }
        if !fits(name) {
            return Err(refused(Some("ho_ten"), "nameTooLong", "Họ tên quá dài"));
        }
        checked(require_node(self.warehouse, node), "don_vi")?;
        Ok(Wish { login: login.into(), name: name.into(), node: node.into(), grant: self.grant(row, node)? })
    }

    fn grant(&self, row: &Row<'_>, own: &str) -> Result<Option<GrantRow>, Stop> {
        let Some(role) = role(row)? else {
            let unused = ["don_vi_quyen", "linh_vuc", "tu_ngay", "den_ngay"];
            return match unused.into_iter().find(|column| !row.text(column).is_empty()) {
                Some(_) => Err(refused(Some("vai_tro"), "valueMissing", "Thiếu giá trị bắt buộc")),
                None => Ok(None),
            };
        };
        let day = |column| super::rows::optional(row, column, Day::parse);
        let text = |column| Some(row.text(column)).filter(|text| !text.is_empty());
        let wish = GrantWish {
            role,
            node: text("don_vi_quyen").unwrap_or(own).to_owned(),
            procedures: text("linh_vuc").map(str::to_owned),
            from: day("tu_ngay")?,
            until: day("den_ngay")?,
        };
        checked(check_grant(self.warehouse, &wish), "don_vi_quyen").map(Some)
    }

    /// Rights that go on and that no row names, and officers the list does not know.
    fn left_alone(&self) -> Result<(Vec<LeftGrant>, u64), crate::StoreError> {
        let today = self.warehouse.now().day();
        self.warehouse.records.read(|v| {
            let mut left = vec![];
            for (login, (_, _, named)) in &self.said {
                let goes_on = |grant: &GrantRow| grant.until.is_none_or(|until| until >= today);
                let held = v.grants_of(login)?.into_iter().filter(goes_on);
                let unnamed = held.filter(|held| !named.iter().any(|named| is_same(named, held)));
                left.extend(unnamed.map(|grant| LeftGrant { login: login.clone(), grant: grant.into() }));
            }
            let listed: BTreeSet<&String> = self.said.keys().collect();
            let others = v.officers()?.into_iter().filter(|row| !row.ended && !listed.contains(&row.login));
            Ok((left, others.count() as u64))
        })
    }
}

fn known(view: &View<'_>, login: &str) -> Result<Known, crate::StoreError> {
    Ok((view.officer(login)?, view.grants_of(login)?))
}

/// What a row changes about the officer as he is known.
fn plan(wish: &Wish, (officer, grants): &Known, today: Day) -> Result<Plan, Stop> {
    let mut plan = Plan::default();
    match officer {
        None => {
            plan.is_new = true;
            plan.officer = Some(OfficerRow {
                login: wish.login.clone(),
                name: wish.name.clone(),
                node: wish.node.clone(),
                secret: None,
                wrong: 0,
                wrong_at: Timestamp(0),
                ended: false,
            });
        }
        Some(held) if held.ended => {
            let message = "Cán bộ đã thôi làm việc; cho làm lại bằng lệnh officer end --undo";
            return Err(refused(Some("ten_dang_nhap"), "officerEnded", message));
        }
        Some(held) if held.node != wish.node => {
            let message = "Kho ghi cán bộ này ở đơn vị khác; danh sách không chuyển đơn vị";
            return Err(refused(Some("don_vi"), "nodeDiffers", message));
        }
        Some(held) if held.name != wish.name => {
            plan.officer = Some(OfficerRow { name: wish.name.clone(), ..held.clone() });
        }
        Some(_) => {}
    }
    let Some(grant) = &wish.grant else { return Ok(plan) };
    if grants.iter().any(|held| is_same(held, grant)) {
        return Ok(plan);
    }
    let alike = |held: &&GrantRow| is_same(&GrantRow { until: grant.until, ..(*held).clone() }, grant);
    let last = grants.iter().filter(alike).max_by_key(|held| (held.until.is_none(), held.until));
    if let Some(until) = last.map(|held| held.until) {
        // What was revoked, or ran out, comes back by a person's hand, not because an old list still names it.
        if until.is_some_and(|until| until <= today) {
            let message = "Quyền này đã thôi hoặc hết hạn ở kho; giao lại bằng lệnh officer grant";
            return Err(refused(Some("vai_tro"), "grantEnded", message));
        }
        if until.is_none() || grant.until.is_some_and(|wished| Some(wished) < until) {
            let message = "Ở kho quyền này dài hơn; rút ngắn bằng lệnh officer revoke";
            return Err(refused(Some("den_ngay"), "grantLonger", message));
        }
    }
    plan.grant = Some(grant.clone());
    Ok(plan)
}

fn write(view: &View<'_>, login: &str, plan: &Plan, now: Timestamp) -> Result<(), Stop> {
    if let Some(officer) = &plan.officer {
        view.put_officer(officer)?;
        let action = if plan.is_new { "officer.added" } else { "officer.renamed" };
        view.audit(&command(action, login.to_owned(), now))?;
    }
    if let Some(grant) = &plan.grant {
        crate::officers::add_grant(view, &crate::audit::Hand::operator(), login, grant, now)?;
    }
    Ok(())
}

fn is_same(one: &GrantRow, other: &GrantRow) -> bool {
    GrantRow { id: 0, ..one.clone() } == GrantRow { id: 0, ..other.clone() }
}

/// The checks of the single commands, said of a row.
fn checked<T>(outcome: Result<T, OfficerError>, node: &'static str) -> Result<T, Stop> {
    outcome.map_err(|error| match error {
        OfficerError::Node(_) => refused(Some(node), "nodeUnknown", "Cây tổ chức không có đơn vị này"),
        OfficerError::Field(_) => refused(Some("linh_vuc"), "fieldUnknown", "Danh mục không có lĩnh vực này"),
        OfficerError::Days => refused(Some("den_ngay"), "daysOutOfOrder", "Ngày cuối trước ngày đầu"),
        error => crate::StoreError::Io(std::io::Error::other(error.to_string())).into(),
    })
}

/// A role as the list of columns words it, or by its word on the command line.
fn role(row: &Row<'_>) -> Result<Option<Role>, Stop> {
    let text = fold(row.text("vai_tro"));
    if text.is_empty() {
        return Ok(None);
    }
    let known = match text.as_str() {
        "tiep nhan" => Some(Role::Intake),
        "chuyen vien" => Some(Role::Specialist),
        "van thu" => Some(Role::Clerk),
        "ky duyet" => Some(Role::Signer),
        "chung thuc" => Some(Role::Certifier),
        "phu trach" => Some(Role::Supervisor),
        "bao cao" => Some(Role::Reporter),
        "quan tri" => Some(Role::Administrator),
        word => Role::of_word(word),
    };
    let message = "Giá trị không có trong các giá trị được dùng";
    known.map(Some).ok_or_else(|| refused(Some("vai_tro"), "valueUnknown", message))
}
