//! Một Cửa: the desktop window, a thin shell around the desk.
//!
//! Owns: two windows, their commands, the shapes that cross to the page, running jobs. Does not know:
//! edges (only `motcua-assembly` does) and what an officer may do (only `motcua-desk` does).

#![forbid(unsafe_code)]
// Commands take their arguments by value and are async, whether or not they wait.
#![allow(clippy::unused_async)]

pub mod commands;
pub mod crash;
pub mod error;
pub mod jobs;
mod mirror;
pub mod pages;
pub mod pin;
pub mod shell;
pub mod view;
pub mod window;

use crate::crash::Crashes;
use crate::shell::Shell;
use anyhow::Context;
use motcua_assembly::{AssemblyError, CounterProfile, ProfileDir, TrainingGround};
use motcua_desk::Desk;
use std::path::PathBuf;
use std::sync::Arc;
use tauri::{Manager, RunEvent, Runtime};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

/// Starts the window and returns when the last one is closed.
///
/// # Errors
/// No profile directory is known, or the window system refuses.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    let named = ProfileDir::find(arguments.profile)?;
    let training = arguments.training || is_training(&named);
    let profile = if arguments.training { named.training() } else { named.clone() };
    // Whose folder it is comes before the first line of the log in it.
    let claimed = if training { motcua_assembly::claim_training(&profile) } else { Ok(()) };
    if claimed.is_ok() {
        motcua_assembly::init_logging(profile.root(), "motcua-desktop");
    }
    let crashes = Crashes::of(profile.root());
    crashes.install();
    let builder = tauri::Builder::default()
        // First of all plugins: a second start must end before anything else begins.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::raise(app)))
        .plugin(tauri_plugin_dialog::init());
    let app = with_commands(builder)
        .setup(move |app| {
            let begun = claimed.map_err(AssemblyError::from).and_then(|()| begin(&named, &profile, training));
            match begun {
                Ok((desk, ground)) => {
                    app.manage(Shell::new(desk, crashes, profile).for_training(ground));
                    window::open(app, training)?;
                    app.state::<Shell>().watch_revocation(app.handle());
                }
                Err(error) => refuse_to_start(app.handle(), &error),
            }
            Ok(())
        })
        .build(context_for(training))
        .context("window system")?;
    app.run(|app, event| {
        if let RunEvent::Exit = event
            && let Some(shell) = app.try_state::<Shell>()
        {
            // Managed state is never dropped: the vault is closed here.
            tauri::async_runtime::block_on(shell.close(app));
            if let Some(ground) = &shell.training {
                ground.cut();
            }
        }
    });
    Ok(())
}

/// A counter whose own settings say that it is for training.
fn is_training(dir: &ProfileDir) -> bool {
    CounterProfile::load(dir.root()).is_ok_and(|profile| profile.training)
}

/// The desk of `profile`, and for training what lies around it. `named` is the counter beside which people learn.
fn begin(named: &ProfileDir, profile: &ProfileDir, training: bool) -> Result<Begun, AssemblyError> {
    let programs = motcua_assembly::own_programs().map_err(AssemblyError::Executable)?;
    let ground = match (training, named == profile) {
        (false, _) => None,
        (true, true) => Some(Arc::new(TrainingGround::at(profile.clone(), &programs)?)),
        (true, false) => Some(Arc::new(TrainingGround::beside(named, &programs)?)),
    };
    Ok((motcua_assembly::assemble(profile)?, ground))
}

type Begun = (Arc<Desk>, Option<Arc<TrainingGround>>);

/// The training is another program to the system: both windows may be open, and neither calls up the other.
fn context_for<R: Runtime>(training: bool) -> tauri::Context<R> {
    let mut context = context();
    if training {
        context.config_mut().identifier.push_str(".training");
    }
    context
}

/// Configuration, built page and capabilities, as compiled in.
#[must_use]
pub fn context<R: Runtime>() -> tauri::Context<R> {
    tauri::generate_context!()
}

/// Commands, page protocol and window events on any runtime, so that tests drive the same handler.
pub fn with_commands<R: Runtime>(builder: tauri::Builder<R>) -> tauri::Builder<R> {
    builder
        .invoke_handler(commands::handler())
        .register_asynchronous_uri_scheme_protocol(pages::SCHEME, |context, request, responder| {
            let desk = context.app_handle().try_state::<Shell>().map(|shell| Arc::clone(&shell.desk));
            let label = context.webview_label().to_owned();
            tauri::async_runtime::spawn(async move {
                responder.respond(pages::answer(desk, &label, &request).await);
            });
        })
        .on_window_event(window::on_event)
}

/// What the program was started with.
#[derive(Debug, Default)]
pub struct Arguments {
    /// `--profile DIR`.
    pub profile: Option<PathBuf>,
    /// `--training`: the folder for training beside that profile.
    pub training: bool,
}

impl Arguments {
    /// Reads the command line, without the program's name.
    ///
    /// # Errors
    /// Something else than `--profile DIR` and `--training`.
    pub fn parse(mut words: impl Iterator<Item = std::ffi::OsString>) -> anyhow::Result<Self> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            if word == "--training" {
                arguments.training = true;
                continue;
            }
            anyhow::ensure!(
                word == "--profile",
                "cách dùng: motcua-desktop [--profile THƯ_MỤC] [--training]"
            );
            arguments.profile = Some(words.next().context("--profile cần một thư mục")?.into());
        }
        Ok(arguments)
    }
}

/// A counter that was never set up, or whose settings cannot be read: say so in a dialog and end.
fn refuse_to_start<R: Runtime>(app: &tauri::AppHandle<R>, error: &AssemblyError) {
    tracing::error!(code = error.code(), reason = error.to_string(), "cannot start");
    let ending = app.clone();
    app.dialog()
        .message(refusal(error.code()))
        .title("Một Cửa")
        .kind(MessageDialogKind::Error)
        .show(move |_| ending.exit(78));
}

/// What the dialog says: the sentences the page would show, for there is no page yet.
fn refusal(code: &str) -> String {
    let texts: serde_json::Value =
        serde_json::from_str(include_str!("../../ui/src/text/vi.json")).unwrap_or_default();
    let sentence = |kind: &str| texts[format!("{kind}_{code}")].as_str().unwrap_or_default().to_owned();
    format!("{}\n\n{}\n\nMã: {code}", sentence("err"), sentence("rec"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_a_profile_may_be_named_on_the_command_line() {
        let parse = |words: &[&str]| Arguments::parse(words.iter().map(Into::into));
        assert_eq!(parse(&["--profile", "/x"]).unwrap().profile, Some(PathBuf::from("/x")));
        assert!(parse(&["--profile"]).is_err());
        let learning = parse(&["--profile", "/x", "--training"]).unwrap();
        assert_eq!((learning.profile, learning.training), (Some(PathBuf::from("/x")), true));
        assert!(!parse(&[]).unwrap().training, "never unasked");
        assert!(parse(&["motcua://open"]).is_err(), "a link is never acted on");
    }

    #[test]
    fn every_reason_not_to_start_is_told_in_vietnamese() {
        use motcua_assembly::{ProfileError as Profile, TrainingError};
        let io = || std::io::Error::other("disk");
        let reasons: [AssemblyError; 7] = [
            Profile::Absent("/x".into()).into(),
            Profile::Newer(9).into(),
            Profile::Malformed("line 1".into()).into(),
            Profile::TrainingOutside.into(),
            Profile::Io(io()).into(),
            AssemblyError::Key("receipt_key"),
            AssemblyError::Executable(io()),
        ];
        let trainings = [
            TrainingError::Occupied("/x".into()),
            TrainingError::Prepare,
            TrainingError::Warehouse,
            TrainingError::Io(io()),
        ];
        let reasons = reasons.into_iter().chain(trainings.map(AssemblyError::from));
        for reason in reasons {
            let said = refusal(reason.code());
            let parts: Vec<_> = said.split("\n\n").collect();
            assert!(parts.len() == 3 && parts.iter().all(|p| p.len() > 8), "{reason}: {said}");
            assert!(!said.contains("profile is") && !said.is_ascii(), "{said}");
        }
    }
}
