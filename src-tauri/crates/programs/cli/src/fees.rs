//! `motcua fee …`: entries of a dossier's fees, and the end of a shift.

use crate::arguments::{FeeAction, FeeWay};
use crate::dossier::{parse, state_words};
use crate::output::{Failure, Output, word};
use anyhow::Context;
use motcua_desk::{Desk, Shift, dotted};
use motcua_dossier::{Day, Dossier, FeeAct, FeeMethod, OpId};
use serde_json::json;
use std::process::ExitCode;

pub(crate) async fn run(desk: &Desk, action: &FeeAction, output: Output) -> Result<ExitCode, Failure> {
    let dossier = match action {
        FeeAction::Shift { day } => return shift(desk, *day, output).await,
        FeeAction::Show { id } => desk.dossier(parse(id)?).await?,
        FeeAction::Pay { id, receipt, amount, method } => {
            let dossier = desk.dossier(parse(id)?).await?;
            desk.enter_fee(dossier.id, paid(&dossier, receipt, *amount, *method)).await?
        }
        FeeAction::Relieve { id, reason, amount } => {
            let dossier = desk.dossier(parse(id)?).await?;
            let amount = amount.unwrap_or_else(|| dossier.fee_account().due());
            desk.enter_fee(dossier.id, FeeAct::Relieved { amount, reason: reason.clone() }).await?
        }
        FeeAction::Reverse { id, entry, reason } => {
            let act = FeeAct::Reversed { entry: entry_id(entry)?, reason: reason.clone() };
            desk.enter_fee(parse(id)?, act).await?
        }
        FeeAction::Mend { id, entry, receipt } => {
            let (id, entry) = (parse(id)?, entry_id(entry)?);
            let dossier = desk.dossier(id).await?;
            let was = dossier.fees.iter().find(|line| line.id == entry).map(|line| &line.record.act);
            let Some(FeeAct::Paid { amount, method, .. }) = was else {
                return Err(anyhow::anyhow!("không có khoản thu này trong hồ sơ").into());
            };
            let act = FeeAct::Paid { amount: *amount, method: *method, receipt_number: receipt.clone() };
            desk.mend_fee(id, entry, act).await?
        }
    };
    if !matches!(action, FeeAction::Show { .. }) {
        eprintln!("Đã lưu trên máy.");
    }
    let account = dossier.fee_account();
    let said = json!({ "dossier": dossier.id, "fee": account.fee(), "paid": account.paid(),
        "relieved": account.relieved(), "due": account.due(), "beyond": account.beyond(), "entries": dossier.fees });
    output.data(&said, || show(&dossier))?;
    Ok(ExitCode::SUCCESS)
}

fn paid(dossier: &Dossier, receipt: &str, amount: Option<u64>, method: FeeWay) -> FeeAct {
    FeeAct::Paid {
        amount: amount.unwrap_or_else(|| dossier.fee_account().due()),
        method: method.into(),
        receipt_number: receipt.to_owned(),
    }
}

impl From<FeeWay> for FeeMethod {
    fn from(way: FeeWay) -> Self {
        match way {
            FeeWay::Cash => Self::Cash,
            FeeWay::Transfer => Self::Transfer,
            FeeWay::Portal => Self::Portal,
            FeeWay::Post => Self::Post,
        }
    }
}

fn entry_id(text: &str) -> Result<OpId, Failure> {
    Ok(OpId::parse(text).context("mã của khoản không đúng; xem `motcua fee show`")?)
}

fn show(dossier: &Dossier) {
    let account = dossier.fee_account();
    println!(
        "phải thu {} đồng · đã thu {} · miễn, giảm {} · còn phải thu {}",
        dotted(account.fee()),
        dotted(account.paid()),
        dotted(account.relieved()),
        dotted(account.due())
    );
    for line in &dossier.fees {
        let (amount, method) = dossier.fee_money(&line.record.act);
        let (kind, note) = entry_words(&line.record.act);
        let mark = if line.void { "\tkhông tính" } else { "" };
        let method = method.map(|method| word("fee_method", &method)).unwrap_or_default();
        println!("{}\t{kind}\t{} đồng\t{method}\t{note}{mark}", line.id, dotted(amount));
    }
}

fn entry_words(act: &FeeAct) -> (&'static str, &str) {
    match act {
        FeeAct::Paid { receipt_number, .. } => ("Thu", receipt_number),
        FeeAct::Relieved { reason, .. } => ("Miễn, giảm", reason),
        FeeAct::Reversed { reason, .. } => ("Đảo", reason),
    }
}

async fn shift(desk: &Desk, day: Option<Day>, output: Output) -> Result<ExitCode, Failure> {
    let shift = desk.fee_shift(day.unwrap_or_else(|| desk.today())).await?;
    let methods: Vec<_> = shift
        .methods
        .iter()
        .map(|row| json!({ "method": row.method, "count": row.count, "paid": row.paid, "reversed": row.reversed }))
        .collect();
    let entries: Vec<_> = shift
        .entries
        .iter()
        .map(|entry| {
            json!({ "dossier": entry.dossier, "code": entry.code, "amount": entry.amount,
            "method": entry.method, "entry": entry.line, "stands": entry.stands })
        })
        .collect();
    let said = json!({ "day": shift.day.format_iso(), "officer": shift.officer, "methods": methods,
        "relieved_count": shift.relieved_count, "relieved": shift.relieved, "entries": entries });
    output.data(&said, || show_shift(&shift))?;
    Ok(ExitCode::SUCCESS)
}

fn show_shift(shift: &Shift) {
    println!("{}\t{}", shift.day.format_vn(), shift.officer);
    for row in &shift.methods {
        println!(
            "{}\t{} khoản\tthu {} đồng\tđảo {} đồng\tcòn {} đồng",
            word("fee_method", &row.method),
            row.count,
            dotted(row.paid),
            dotted(row.reversed),
            signed(row.paid, row.reversed)
        );
    }
    if shift.relieved_count > 0 {
        println!("Miễn, giảm\t{} khoản\t{} đồng", shift.relieved_count, dotted(shift.relieved));
    }
    for entry in &shift.entries {
        let (kind, note) = entry_words(&entry.line.record.act);
        println!(
            "{}\t{}\t{kind}\t{} đồng\t{note}\t{}",
            entry.line.record.at.format_vn(),
            entry.code.as_ref().map_or("—", |code| code.as_str()),
            dotted(entry.amount),
            if entry.line.void { "Không tính".to_owned() } else { state_words(&entry.state) }
        );
    }
    if shift.entries.is_empty() {
        println!("Chưa thu khoản nào.");
    }
}

/// More may be given back on a day than was taken.
fn signed(paid: u64, reversed: u64) -> String {
    match paid.checked_sub(reversed) {
        Some(left) => dotted(left),
        None => format!("-{}", dotted(reversed - paid)),
    }
}
