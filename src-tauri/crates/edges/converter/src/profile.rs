//! The throw-away profile: no macros, no links, no network, the bundled letters.

use std::io;
use std::path::Path;

/// Security settings (`org.openoffice.Office.Common`, LibreOffice 7.0 and later; unknown ones are passed over), links that
/// are never followed, a proxy that is nowhere, and the language that gives A4 where a file names no paper.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisablePythonRuntime" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Java/VirtualMachine"><prop oor:name="Enable" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetProxyType" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPSProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPSProxyPort" oor:op="fuse"><value>9</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetNoProxy" oor:op="fuse"><value></value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>vi-VN</value></prop></item>
</oor:items>
"#;

/// Letters with every Vietnamese mark, whatever the machine has installed.
const FONTS: &[(&str, &[u8])] = &[
    (
        "LiberationSerif-Regular.ttf",
        include_bytes!("../../../../../assets/fonts/LiberationSerif-Regular.ttf"),
    ),
    ("LiberationSerif-Bold.ttf", include_bytes!("../../../../../assets/fonts/LiberationSerif-Bold.ttf")),
    ("LiberationSerif-Italic.ttf", include_bytes!("../../../../../assets/fonts/LiberationSerif-Italic.ttf")),
];

/// What stands in for the faces offices write with, when the machine has not got them; each of these has every letter of
/// Vietnamese, so that no word is set in two faces.
const INSTEAD: &[(&str, &[&str])] = &[
    ("Times New Roman", &["Liberation Serif"]),
    ("Times", &["Liberation Serif"]),
    ("Cambria", &["Caladea", "Liberation Serif"]),
    ("Arial", &["Liberation Sans", "DejaVu Sans", "Liberation Serif"]),
    ("Helvetica", &["Liberation Sans", "DejaVu Sans", "Liberation Serif"]),
    ("Calibri", &["Carlito", "Liberation Sans", "DejaVu Sans", "Liberation Serif"]),
    ("Tahoma", &["DejaVu Sans", "Liberation Sans", "Liberation Serif"]),
    ("Verdana", &["DejaVu Sans", "Liberation Sans", "Liberation Serif"]),
];

/// Writes the profile and the letters into a private folder; `fonts.conf` is what `FONTCONFIG_FILE` names.
pub(crate) fn write(dir: &Path) -> io::Result<()> {
    let user = dir.join("profile").join("user");
    std::fs::create_dir_all(&user)?;
    std::fs::write(user.join("registrymodifications.xcu"), SETTINGS)?;
    let fonts = dir.join("fonts");
    std::fs::create_dir_all(&fonts)?;
    for (name, bytes) in FONTS {
        std::fs::write(fonts.join(name), bytes)?;
    }
    std::fs::create_dir_all(dir.join("out"))?;
    std::fs::write(dir.join("fonts.conf"), letters(&fonts, &dir.join("cache")))
}

fn letters(fonts: &Path, cache: &Path) -> String {
    let mut conf =
        String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n");
    for (face, instead) in INSTEAD {
        conf.push_str(&format!(
            "<match target=\"pattern\"><test name=\"family\"><string>{face}</string></test>"
        ));
        conf.push_str("<edit name=\"family\" mode=\"append\" binding=\"same\">");
        for other in *instead {
            conf.push_str(&format!("<string>{other}</string>"));
        }
        conf.push_str("</edit></match>\n");
    }
    conf.push_str("<include ignore_missing=\"yes\">/etc/fonts/fonts.conf</include>\n");
    conf.push_str(&format!("<dir>{}</dir>\n", escaped(fonts)));
    conf.push_str(&format!("<cachedir>{}</cachedir>\n</fontconfig>\n", escaped(cache)));
    conf
}

fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('&', "&amp;").replace('<', "&lt;")
}

/// A folder as a `file:` address; what is no plain letter is percent-encoded.
pub(crate) fn address(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let mut address = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.:".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_vietnamese_letters_is_a_plain_address() {
        assert_eq!(
            address(Path::new("/run/user/1000/Một Cửa")),
            "file:///run/user/1000/M%E1%BB%99t%20C%E1%BB%ADa"
        );
        assert_eq!(address(Path::new(r"C:\Users\lan\Temp")), "file:///C:/Users/lan/Temp");
    }
}
