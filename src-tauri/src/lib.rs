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

use crate::shell::Shell;
use anyhow::Context;
use motcua_assembly::ProfileDir;
use std::path::PathBuf;
use std::sync::Arc;
use tauri::{Manager, RunEvent, Runtime};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

/// Starts the window and returns when the last one is closed.
///
/// # Errors
/// No profile directory is known, logging cannot start, or the window system refuses.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    let profile = ProfileDir::find(arguments.profile)?;
    motcua_assembly::init_logging(profile.root(), "motcua-desktop").context("log directory")?;
    crash::install(profile.root());
    let builder = tauri::Builder::default()
        // First of all plugins: a second start must end before anything else begins.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::raise(app)))
        .plugin(tauri_plugin_dialog::init());
    let app = with_commands(builder)
        .setup(move |app| {
            match motcua_assembly::assemble(&profile) {
                Ok(desk) => {
                    app.manage(Shell::new(desk));
                    window::open(app)?;
                }
                Err(error) => refuse_to_start(app.handle(), &error.to_string()),
            }
            Ok(())
        })
        .build(context())
        .context("window system")?;
    app.run(|app, event| {
        if let RunEvent::Exit = event
            && let Some(shell) = app.try_state::<Shell>()
        {
            // Managed state is never dropped: the vault is closed here.
            tauri::async_runtime::block_on(shell.close(app));
        }
    });
    Ok(())
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
}

impl Arguments {
    /// Reads the command line, without the program's name.
    ///
    /// # Errors
    /// Something else than `--profile DIR`.
    pub fn parse(mut words: impl Iterator<Item = std::ffi::OsString>) -> anyhow::Result<Self> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            anyhow::ensure!(word == "--profile", "usage: motcua-desktop [--profile DIR]");
            arguments.profile = Some(words.next().context("--profile needs a directory")?.into());
        }
        Ok(arguments)
    }
}

/// A counter that was never set up, or whose settings cannot be read: say so in a dialog and end.
fn refuse_to_start<R: Runtime>(app: &tauri::AppHandle<R>, reason: &str) {
    tracing::error!(reason, "cannot start");
    let ending = app.clone();
    app.dialog()
        .message(format!(
            "Máy này chưa được thiết lập làm quầy tiếp nhận, hoặc không đọc được thiết lập.\n\n{reason}\n\n\
             Hãy liên hệ người quản trị."
        ))
        .title("Một Cửa")
        .kind(MessageDialogKind::Error)
        .show(move |_| ending.exit(78));
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
        assert!(parse(&["motcua://open"]).is_err(), "a link is never acted on");
    }
}
