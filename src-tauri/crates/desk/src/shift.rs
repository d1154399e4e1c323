//! The end of a shift: what an officer took at this counter on a day. It needs no line.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::spreadsheet::Spreadsheet;
use motcua_dossier::{Day, DossierCode, DossierId, FeeAct, FeeLine, FeeMethod, OutboxState, Timestamp};
use motcua_wire::OpPayload;

/// What an officer took on one day at this counter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shift {
    /// Which day.
    pub day: Day,
    /// Whose entries.
    pub officer: String,
    /// By method, those with entries alone.
    pub methods: Vec<ShiftMethod>,
    /// Entries of relief that stand.
    pub relieved_count: u32,
    /// Đồng of these.
    pub relieved: u64,
    /// Every entry of that day, oldest first.
    pub entries: Vec<ShiftEntry>,
}

/// Payments of one method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShiftMethod {
    /// How.
    pub method: FeeMethod,
    /// Payments taken that day.
    pub count: u32,
    /// Đồng of these.
    pub paid: u64,
    /// Đồng of payments, of this or an earlier day, that the officer reversed that day.
    pub reversed: u64,
}

/// One entry of a shift.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShiftEntry {
    /// Its dossier.
    pub dossier: DossierId,
    /// Code of that.
    pub code: Option<DossierCode>,
    /// Name of its owner.
    pub owner: String,
    /// What.
    pub line: FeeLine,
    /// Đồng; of a reversal what it gives back.
    pub amount: u64,
    /// How it was paid; of a reversal how its entry was, none of relief.
    pub method: Option<FeeMethod>,
    /// It counts, and nobody reversed it.
    pub stands: bool,
    /// How far it is on its way.
    pub state: OutboxState,
}

impl Shift {
    /// A table for a spreadsheet: UTF-8 with a mark, semicolons, one line for each entry, oldest first.
    #[must_use]
    pub fn table(&self) -> Vec<u8> {
        let mut table = Spreadsheet::new(&[
            "thoi_diem",
            "ma_ho_so",
            "chu_ho_so",
            "loai",
            "so_tien",
            "hinh_thuc",
            "so_bien_lai_ly_do",
            "trang_thai",
        ]);
        for entry in &self.entries {
            let (kind, note) = match &entry.line.record.act {
                FeeAct::Paid { receipt_number, .. } => ("Thu", receipt_number),
                FeeAct::Relieved { reason, .. } => ("Miễn, giảm", reason),
                FeeAct::Reversed { reason, .. } => ("Đảo", reason),
            };
            let state = match (&entry.state, entry.line.void) {
                (_, true) => "Không tính",
                (OutboxState::Received { .. }, _) => "Kho đã nhận",
                (OutboxState::NeedsAttention { .. }, _) => "Cần xử lý",
                _ => "Chờ gửi",
            };
            let fields: [&str; 8] = [
                &entry.line.record.at.format_vn(),
                &entry.code.as_ref().map(ToString::to_string).unwrap_or_default(),
                &entry.owner,
                kind,
                &entry.amount.to_string(),
                entry.method.map_or("", method_word),
                note,
                state,
            ];
            table.line(&fields);
        }
        table.finish()
    }
}

impl Desk {
    /// The day by this machine's clock.
    #[must_use]
    pub fn today(&self) -> Day {
        self.clock.now().day()
    }

    /// What the officer at this counter took on a day.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn fee_shift(&self, day: Day) -> Result<Shift, DeskError> {
        let (officer, from) = (self.officer(), day.start());
        let until = Timestamp(from.0 + 24 * 60 * 60 * 1000);
        let mut shift = Shift {
            day,
            officer: officer.clone(),
            methods: vec![],
            relieved_count: 0,
            relieved: 0,
            entries: vec![],
        };
        for queued in self.vault.fee_lines(from, until)? {
            let OpPayload::Fee(record) = &queued.op.payload else { continue };
            if record.officer != officer {
                continue;
            }
            let dossier = self.stored(queued.item.dossier)?;
            let known = dossier.fees.iter().find(|line| line.id == queued.item.op);
            let line = known.cloned().unwrap_or_else(|| FeeLine {
                id: queued.item.op,
                record: (**record).clone(),
                void: matches!(queued.item.state, OutboxState::Replaced | OutboxState::Withdrawn),
            });
            let (amount, method) = dossier.fee_money(&line.record.act);
            shift.entries.push(ShiftEntry {
                dossier: dossier.id,
                code: dossier.code.clone(),
                owner: dossier.applicant.owner.name.clone(),
                stands: dossier.fee_account().stands(line.id),
                line,
                amount,
                method,
                state: queued.item.state,
            });
        }
        for entry in shift.entries.iter().filter(|entry| !entry.line.void) {
            match (&entry.line.record.act, entry.method) {
                (FeeAct::Relieved { .. }, _) if !entry.stands => {}
                (FeeAct::Relieved { .. }, _) => {
                    shift.relieved_count += 1;
                    shift.relieved += entry.amount;
                }
                (act, Some(method)) => {
                    let row = match shift.methods.iter_mut().find(|row| row.method == method) {
                        Some(row) => row,
                        None => {
                            shift.methods.push(ShiftMethod { method, count: 0, paid: 0, reversed: 0 });
                            let Some(row) = shift.methods.last_mut() else { continue };
                            row
                        }
                    };
                    if matches!(act, FeeAct::Paid { .. }) {
                        row.count += 1;
                        row.paid += entry.amount;
                    } else {
                        row.reversed += entry.amount;
                    }
                }
                // Relief that was taken back is no money.
                (_, None) => {}
            }
        }
        shift.methods.sort_by_key(|row| row.method);
        Ok(shift)
    }
}

fn method_word(method: FeeMethod) -> &'static str {
    match method {
        FeeMethod::Cash => "Tiền mặt",
        FeeMethod::Transfer => "Chuyển khoản",
        FeeMethod::Portal => "Cổng dịch vụ công",
        FeeMethod::Post => "Bưu chính",
    }
}
