//! Names of files: cleaned before they are kept or handed out, and judged by their ending, because that is what a double click obeys.

/// Longest name, in characters.
const LONGEST: usize = 200;
/// Longest ending that is kept when a name is cut.
const LONGEST_ENDING: usize = 16;

/// Endings that a machine or a browser would run, open as a page, or follow to somewhere else.
const RUNNABLE: &str = "acm ade adp apk app appimage application appref-ms appx asp aspx ax bash bat cab chm cjs cmd com command cpl crt csh deb \
    desktop diagcab dll dmg docm dotm drv eml exe fish gadget hlp hta htm html img inf ins ipa iqy iso isp jar jnlp js jse jsp \
    ksh library-ms lnk mde mht mhtml mjs msc msg msh msi msix msp mst ocx ops osd php phtml pif pkg pl potm ppam ppsm pptm prg \
    ps1 ps1xml psd1 psm1 pst py pyc pyw pyz rb reg rpm scf scpt scr sct search-ms settingcontent-ms sh shb shs shtml slk sldm svg \
    svgz swf sys theme tool url vb vbe vbs vhd vhdx webloc website workflow ws wsc wsf wsh xbap xht xhtml xla xlam xll xlsb xlsm \
    xltm xml xsl xslt zsh";

/// Endings of plain text that nothing runs.
const TEXT: &str = "adoc asc bib csv geojson gpx ics ini json jsonl log markdown md org po properties rst srt sub tab tex text toml tsv txt vcard \
    vcf vtt yaml yml";

/// Whether a double click might do more than show it.
pub fn is_runnable(name: &str) -> bool {
    ending(name).is_some_and(|ending| is_in(RUNNABLE, &ending))
}

/// Whether this is a name for plain text. Without an ending nothing is known to run it.
pub fn is_for_text(name: &str) -> bool {
    ending(name).is_none_or(|ending| is_in(TEXT, &ending))
}

fn is_in(list: &str, ending: &str) -> bool {
    list.split(' ').any(|known| known == ending)
}

/// What follows the last dot, in lower case. What no system takes for an ending is none: "Minutes of 12.5", "v1.2 final".
fn ending(name: &str) -> Option<String> {
    // Windows drops these before it looks.
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let (_, ending) = name.rsplit_once('.')?;
    let counts = !ending.chars().all(|c| c.is_ascii_digit()) && !ending.contains(char::is_whitespace);
    counts.then(|| ending.to_lowercase())
}

/// The last part of a name, without what a terminal, a header or a person could take for something else. One that is too long keeps its ending.
pub fn clean(name: &str) -> Option<String> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = base.chars().filter(|c| is_harmless(*c)).collect();
    let clean = shortened(clean.trim_matches(|c: char| c == '.' || c.is_whitespace()));
    (!clean.is_empty()).then_some(clean)
}

/// Controls, and the marks that turn the writing direction: "exe.gpj" must not look like "jpg.exe".
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= LONGEST {
        return name.to_owned();
    }
    match name.rsplit_once('.').filter(|(_, ending)| ending.chars().count() <= LONGEST_ENDING) {
        Some((stem, ending)) => {
            let room = LONGEST - 1 - ending.chars().count();
            let stem: String = stem.chars().take(room).collect();
            format!("{}.{ending}", stem.trim_end())
        }
        None => name.chars().take(LONGEST).collect::<String>().trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_double_click_would_run() {
        for name in [
            "a.exe",
            "A.VBS",
            "invoice.pdf.hta",
            "x.ps1",
            "x.url",
            "x.mht",
            "x.eml",
            "x.lnk",
            "x.vbs.",
            "x.vbs ",
            "x.vbs . ",
            ".js",
            "m.docm",
            "x.svg",
        ] {
            assert!(is_runnable(name) && !is_for_text(name), "{name}");
        }
        for name in ["a.pdf", "exe", "report.exe.pdf", "a.jpg", "my.exes"] {
            assert!(!is_runnable(name), "{name}");
        }
    }

    #[test]
    fn what_plain_text_may_be_called() {
        for name in [
            "notes", "a.txt", "B.CSV", "c.tsv", "d.log", "e.md", "f.ics", "g.vcf", "h.json", "i.yaml",
            "j.yml",
        ] {
            assert!(is_for_text(name), "{name}");
        }
        for name in ["Minutes of 12.5", "v1.2 final", "a.txt."] {
            assert!(is_for_text(name), "{name}");
        }
        for name in ["a.hta", "a.pdf", "a.jpg", "a.unheard-of", "a.vbs::$data", "a.txt:b.vbs", "a.pérl"] {
            assert!(!is_for_text(name), "{name}");
        }
    }

    #[test]
    fn names_are_cleaned() {
        for (given, name) in [
            ("photo.jpg", Some("photo.jpg")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\temp\\a.pdf", Some("a.pdf")),
            ("a\r\nSet-Cookie: x.txt", Some("aSet-Cookie: x.txt")),
            ("\u{202e}gpj.exe", Some("gpj.exe")),
            ("a.vbs . ", Some("a.vbs")),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(clean(given).as_deref(), name, "{given:?}");
        }
    }

    #[test]
    fn a_name_that_is_cut_keeps_its_ending() {
        let cut = clean(&format!("{}.pdf", "é".repeat(500))).unwrap();
        assert_eq!((cut.chars().count(), cut.ends_with("é.pdf")), (200, true));
        let exact = format!("{}.pdf", "x".repeat(196));
        assert_eq!(clean(&exact), Some(exact));
        assert_eq!(clean(&"x".repeat(500)).unwrap().len(), 200);
        assert_eq!(clean(&format!("a.{}", "x".repeat(500))).unwrap().len(), 200);
    }
}
