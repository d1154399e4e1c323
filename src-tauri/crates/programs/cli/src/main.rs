//! `motcua`: the counter's main job on the command line, the second client of `desk`.
//!
//! Data goes to stdout, talk to stderr; `--json` turns the data into JSON. Exit codes are in `--help`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod book;
mod demo;
mod dossier;
mod feedback;
mod fees;
mod files;
mod guides;
mod health;
mod help;
mod journey;
mod online;
mod output;
mod package;
mod printing;
mod queue;
mod secrets;
mod steps;

use arguments::{Arguments, Command, OutboxAction, PackageAction, PrinterAction, VaultAction};
use motcua_assembly::{
    AssemblyError, CounterProfile, ProfileDir, assemble_from, dispatch_worker, init_logging, require_training,
};
use motcua_desk::Desk;
use output::{Failure, Output};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    if let Some(code) = dispatch_worker() {
        return code;
    }
    let arguments = match help::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let output = Output { json: arguments.json };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.fail(&Failure::from(anyhow::Error::from(error))),
    };
    match runtime.block_on(run(arguments, output)) {
        Ok(code) => code,
        Err(failure) => output.fail(&failure),
    }
}

async fn run(arguments: Arguments, output: Output) -> Result<ExitCode, Failure> {
    if let Command::Demo(demo) = arguments.command {
        return demo::run(arguments.profile, arguments.training, &demo, output).await;
    }
    if let Command::Package(PackageAction::Info { file }) = &arguments.command {
        return package::info(file, output);
    }
    let mut dir = ProfileDir::find(arguments.profile).map_err(anyhow::Error::from)?;
    if arguments.training {
        dir = dir.training();
        require_training(&dir).map_err(AssemblyError::from)?;
    }
    let profile = match CounterProfile::load(dir.root()) {
        Err(error) if matches!(arguments.command, Command::Doctor) => {
            return health::without_profile(&dir, &error, output);
        }
        loaded => loaded?,
    };
    if profile.training {
        eprintln!("TẬP HUẤN – dữ liệu giả định");
    }
    init_logging(dir.root(), "motcua");
    if let Command::Enrol { code } = &arguments.command {
        return health::enrol(&dir, &profile, code, output).await;
    }
    if let Command::Outbox { action: Some(OutboxAction::Rescue { key, to }), .. } = &arguments.command {
        let desk = package::recovered(&dir, profile, key)?;
        return package::export(&desk, to, &[], output);
    }
    if let Command::Vault(VaultAction::Reopen { officer, key }) = &arguments.command {
        let desk = package::recovered(&dir, profile, key)?;
        return secrets::reopen(&desk, officer, output).await;
    }
    let desk = assemble_from(&dir, profile.clone())?;
    match arguments.command {
        Command::Package(PackageAction::Send { file }) => {
            opened(&desk, package::send(&desk, &file, output)).await
        }
        Command::Demo(_)
        | Command::Package(_)
        | Command::Enrol { .. }
        | Command::Outbox { action: Some(OutboxAction::Rescue { .. }), .. } => Ok(ExitCode::SUCCESS),
        Command::Doctor => health::doctor(&dir, &profile, &desk, output).await,
        Command::Vault(action) => secrets::vault(&desk, &action, output).await,
        Command::Scan(action) => files::scan(&desk, &action, output).await,
        Command::Make(action) => files::make(&desk, &action, output).await,
        Command::Certificates => opened(&desk, files::certificates(&desk, output)).await,
        Command::Sign(action) => opened(&desk, files::sign(&desk, &action, output)).await,
        Command::Verify(action) => files::verify(&desk, &action, output).await,
        Command::Identity { number } => opened(&desk, dossier::identity(&desk, &number, output)).await,
        Command::Procedures { query } => opened(&desk, dossier::procedures(&desk, &query, output)).await,
        Command::Dossier(action) => opened(&desk, dossier::run(&desk, &action, output)).await,
        Command::Fee(action) => opened(&desk, fees::run(&desk, &action, output)).await,
        Command::Online(action) => opened(&desk, online::run(&desk, &action, output)).await,
        Command::Feedback(action) => opened(&desk, feedback::run(&desk, &action, output)).await,
        Command::Book(action) => opened(&desk, book::run(&desk, &action, output)).await,
        Command::Guide(action) => opened(&desk, guides::run(&desk, &action, output)).await,
        Command::Desk(action) => opened(&desk, queue::desk(&desk, action, output)).await,
        Command::Supervise(action) => opened(&desk, queue::supervise(&desk, action, output)).await,
        Command::Step(action) => opened(&desk, steps::run(&desk, &action, output)).await,
        Command::Print(action) => opened(&desk, printing::print(&desk, &action, output)).await,
        Command::Printer(PrinterAction::List) => printing::list(&desk, output).await,
        Command::Printer(action) => opened(&desk, printing::run(&desk, &action, output)).await,
        Command::Outbox { all, action: None } => opened(&desk, dossier::outbox(&desk, all, output)).await,
        Command::Outbox { action: Some(OutboxAction::Resend { op }), .. } => {
            opened(&desk, dossier::resend(&desk, &op, output)).await
        }
        Command::Outbox { action: Some(OutboxAction::Withdraw { op, reason, approver, to }), .. } => {
            let work = package::Taken { op: &op, reason: &reason, approver: &approver, to: to.as_deref() };
            opened(&desk, package::withdraw(&desk, work, output)).await
        }
        Command::Outbox { action: Some(OutboxAction::Export { to, ops }), .. } => {
            opened(&desk, async { package::export(&desk, &to, &ops, output) }).await
        }
        Command::Outbox { action: Some(OutboxAction::Reconcile { days, resend }), .. } => {
            opened(&desk, dossier::reconcile(&desk, days, resend, output)).await
        }
        Command::Sync { watch } => opened(&desk, dossier::sync(&desk, watch, output)).await,
    }
}

/// Runs `act` with the vault open, and closes it afterwards.
async fn opened<T>(desk: &Arc<Desk>, act: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    secrets::unlock(desk).await?;
    let done = act.await;
    desk.lock().await;
    desk.tell_left().await;
    done
}
