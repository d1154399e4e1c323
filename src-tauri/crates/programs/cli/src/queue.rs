//! `motcua desk …` and `motcua supervise …`: what was handed on in the office, and who has it.

use crate::arguments::{DeskAction, SuperviseAction};
use crate::dossier::parse;
use crate::files::write_whole;
use crate::output::{Failure, Output};
use crate::secrets;
use crate::steps::{correction_words, seat_words, waiting_file};
use motcua_desk::{Desk, Queue, SeveralWish, StepWish, TakenStep, queue_words};
use motcua_dossier::{Dossier, DossierId, Load, QueueFilter, Seat};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(crate) async fn desk(desk: &Desk, action: DeskAction, output: Output) -> Result<ExitCode, Failure> {
    match action {
        DeskAction::List { unit, state, page } => {
            let queue = desk.bench(unit, state.map(Into::into), page.saturating_sub(1)).await?;
            output.data(&said(&queue), || show(&queue))?;
            Ok(ExitCode::SUCCESS)
        }
        DeskAction::Receive { ids } => {
            told(desk.take_several(&dossiers(&ids)?, &SeveralWish::TakeOver).await?, output)
        }
        DeskAction::HandOn { ids, to, officer, note } => {
            let wish = SeveralWish::HandOver { to: Seat { unit: to, officer }, note };
            told(desk.take_several(&dossiers(&ids)?, &wish).await?, output)
        }
        DeskAction::Propose { id, to, officer, note } => {
            let (id, to) = (parse(&id)?, to.map(|unit| Seat { unit, officer }));
            desk.take_up(id).await?;
            desk.take_step(id, StepWish::ProposeResult { note, to })?;
            told(vec![TakenStep { dossier: id, refused: None }], output)
        }
    }
}

pub(crate) async fn supervise(
    desk: &Desk,
    action: SuperviseAction,
    output: Output,
) -> Result<ExitCode, Failure> {
    match action {
        SuperviseAction::Queue { unit, officer, state, page, csv } => {
            let filter = QueueFilter { mine: None, unit, officer, state: state.map(Into::into) };
            let queue = desk.office_queue(&filter, page.saturating_sub(1)).await?;
            let overview = desk.office_overview().await?;
            if let Some(path) = csv {
                write_whole(&path, &desk.office_queue_table(&filter).await?)?;
                eprintln!("Đã ghi {}.", path.display());
            }
            let mut whole = said(&queue);
            whole["whole"] = json!(overview.whole);
            whole["seats"] = json!(overview.seats);
            whole["unsent"] = json!(overview.unsent);
            output.data(&whole, || {
                println!("Cả cơ quan\t{}", load_words(overview.whole));
                for load in &overview.seats {
                    println!("{}\t{}", seat_or_counter(load.seat.as_ref()), load_words(load.load));
                }
                show(&queue);
            })?;
            Ok(ExitCode::SUCCESS)
        }
        SuperviseAction::Reassign { ids, to, officer, reason } => {
            let to = Seat { unit: to, officer };
            told(desk.reassign(&dossiers(&ids)?, to, &reason).await?, output)
        }
        SuperviseAction::Approvals => {
            let waiting = desk.corrections_waiting().await?;
            let each: Vec<Value> = waiting
                .iter()
                .map(|d| {
                    json!({ "dossier": d.id, "code": d.code, "owner_name": d.applicant.owner.name,
                    "correction": d.waiting_correction() })
                })
                .collect();
            output.data(&json!({ "waiting": each }), || {
                println!("{} việc chờ duyệt", waiting.len());
                for dossier in &waiting {
                    let code = dossier.code.as_ref().map_or("—", |code| code.as_str());
                    println!("{}\t{code}\t{}", dossier.id, dossier.applicant.owner.name);
                    dossier
                        .waiting_correction()
                        .into_iter()
                        .for_each(|asked| println!("{}", correction_words(asked)));
                }
            })?;
            Ok(ExitCode::SUCCESS)
        }
        SuperviseAction::Paper { id, out } => {
            let dossier = desk.dossier(parse(&id)?).await?;
            write_whole(&out, &desk.content(&waiting_file(&dossier)?).await?)?;
            eprintln!("Đã ghi {}.", out.display());
            Ok(ExitCode::SUCCESS)
        }
        SuperviseAction::Approve { id, approver } => {
            let id = parse(&id)?;
            let seen = waiting_file(&desk.dossier(id).await?)?;
            let secret = secrets::ask("MOTCUA_APPROVER_SECRET", &format!("Mật khẩu của {approver}"))?;
            decided(&desk.approve_correction(id, seen, &approver, &secret)?, output)
        }
        SuperviseAction::Refuse { id, reason } => {
            let id = parse(&id)?;
            let seen = waiting_file(&desk.dossier(id).await?)?;
            decided(&desk.refuse_correction(id, seen, &reason).await?, output)
        }
    }
}

/// What became of the correction that waited last.
fn decided(dossier: &Dossier, output: Output) -> Result<ExitCode, Failure> {
    eprintln!("Đã lưu trên máy.");
    let last = dossier.corrections.last();
    output.data(&json!({ "dossier": dossier.id, "correction": last }), || {
        last.into_iter().for_each(|asked| println!("{}", correction_words(asked)));
    })?;
    Ok(ExitCode::SUCCESS)
}

fn dossiers(ids: &[String]) -> Result<Vec<DossierId>, Failure> {
    ids.iter().map(|id| parse(id)).collect()
}

/// What became of each; a failure when one was not done.
fn told(taken: Vec<TakenStep>, output: Output) -> Result<ExitCode, Failure> {
    let code = |step: &TakenStep| step.refused.as_ref().map(motcua_desk::DeskError::code);
    let each: Vec<Value> =
        taken.iter().map(|step| json!({ "dossier": step.dossier, "refused": code(step) })).collect();
    let refused = taken.iter().filter(|step| step.refused.is_some()).count();
    if refused < taken.len() {
        eprintln!("Đã lưu trên máy: {} hồ sơ.", taken.len() - refused);
    }
    output.data(&json!({ "dossiers": each }), || {
        for step in &taken {
            println!("{}\t{}", step.dossier, code(step).unwrap_or("xong"));
        }
    })?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn said(queue: &Queue) -> Value {
    json!({ "count": queue.count, "page": queue.page + 1, "as_of": queue.as_of, "units": queue.units,
        "dossiers": queue.rows })
}

fn show(queue: &Queue) {
    let heard = queue.as_of.map_or_else(|| "chưa nghe kho từ khi mở".to_owned(), |at| at.format_vn());
    println!("{} hồ sơ, theo tin nghe được lúc: {heard}", queue.count);
    for row in &queue.rows {
        println!(
            "{}\t{}\t{}\t{}\thẹn {}\t{}\t{}{}",
            row.dossier,
            row.code.as_ref().map_or("—", |code| code.as_str()),
            row.owner_name,
            row.procedure_name,
            row.due.day.format_vn(),
            queue_words(row, queue.today),
            seat_or_counter(row.seat.as_ref()),
            if row.on_its_way { " (chưa nhận)" } else { "" },
        );
    }
}

fn seat_or_counter(seat: Option<&Seat>) -> String {
    seat.map_or_else(|| "nơi tiếp nhận".to_owned(), seat_words)
}

fn load_words(load: Load) -> String {
    format!(
        "{} hồ sơ: {} quá hạn, {} hôm nay, {} sắp đến hạn, {} chờ bổ sung, {} chờ trả, {} chưa ai nhận",
        load.all, load.late, load.today, load.soon, load.awaiting, load.to_return, load.on_its_way
    )
}
