//! The main window: made hidden, shown when its page is there, never larger than the screen.

use crate::shell::Shell;
use tauri::utils::config::WebviewUrl;
use tauri::webview::PageLoadEvent;
use tauri::{App, AppHandle, Manager, Runtime, Url, WebviewWindowBuilder, WindowEvent};

/// Label of the window; its capability names it.
pub const MAIN: &str = "main";

const WIDTH: f64 = 1280.0;
const HEIGHT: f64 = 800.0;

/// What the title bar says; the training must not be taken for the real counter in a list of windows either.
#[must_use]
pub fn title(training: bool) -> &'static str {
    if training { "TẬP HUẤN – Một Cửa" } else { "Một Cửa" }
}

/// Opens the window.
///
/// # Errors
/// The window system refuses.
pub fn open<R: Runtime>(app: &App<R>, training: bool) -> tauri::Result<()> {
    let (mut width, mut height) = (WIDTH, HEIGHT);
    if let Some(monitor) = app.primary_monitor()? {
        let visible = monitor.size().to_logical::<f64>(monitor.scale_factor());
        (width, height) = (width.min(visible.width), height.min(visible.height));
    }
    let builder = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title(title(training))
        .inner_size(width, height)
        .min_inner_size(width.min(960.0), height.min(600.0))
        .center()
        .visible(false)
        .on_navigation(is_own_page)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                // Not shown means closed by the system; the program ends with its last window.
                let _ = window.show();
            }
        });
    builder.build()?;
    Ok(())
}

/// Brings the window to the front: the program was started a second time.
pub fn raise<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = app.get_webview_window(MAIN) {
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

/// Ends what belongs to a window that is gone.
pub fn on_event<R: Runtime>(window: &tauri::Window<R>, event: &WindowEvent) {
    if matches!(event, WindowEvent::Destroyed)
        && window.label() == crate::pin::LABEL
        && let Some(shell) = window.try_state::<Shell>()
    {
        shell.pins.close();
    }
}

/// Windows show our own pages and nothing else, ever.
pub(crate) fn is_own_page(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    matches!((url.scheme(), host), ("tauri", "localhost") | ("http" | "https", "tauri.localhost"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_title_bar_of_the_training_says_what_it_is() {
        assert!(title(true).starts_with("TẬP HUẤN") && !title(false).contains("TẬP HUẤN"));
    }

    #[test]
    fn no_window_leaves_our_own_pages() {
        for (url, own) in [
            ("tauri://localhost/index.html", true),
            ("http://tauri.localhost/pin.html", true),
            ("https://example.org/", false),
            ("http://tauri.localhost.example.org/", false),
            ("file:///etc/passwd", false),
            ("page://localhost/00", false),
        ] {
            assert_eq!(is_own_page(&Url::parse(url).unwrap()), own, "{url}");
        }
    }
}
