//! Settings as people type them.

use super::*;

fn settings(arguments: &[&str]) -> Settings {
    let all = std::iter::once("switchboard").chain(arguments.iter().copied());
    Cli::try_parse_from(all).unwrap().settings
}

#[test]
fn the_contract_holds() {
    let plain = settings(&[]);
    assert_eq!(plain.listen.to_string(), "127.0.0.1:8080");
    assert!(!plain.demo);
    assert_eq!(plain.database_url(&plain.data_dir()).unwrap(), "sqlite://data/switchboard.db");
    let demo = settings(&["--demo"]);
    assert!(demo.demo);
    assert_eq!(demo.data_dir(), PathBuf::from("data/demo"));
    assert!(settings(&["doctor", "--demo"]).demo);
    assert!(settings(&["--demo", "serve"]).demo);
    assert_eq!(settings(&["serve", "--data-dir", "/x"]).data_dir(), PathBuf::from("/x"));
    assert!(Cli::try_parse_from(["switchboard", "--lissten", "x"]).is_err());
}

#[test]
fn every_variable_is_in_the_help() {
    use clap::CommandFactory;
    let help = Cli::command().render_long_help().to_string();
    for name in VARIABLES {
        assert!(help.contains(name), "{name}");
    }
}

#[test]
fn unknown_variables_are_errors_with_a_hint() {
    let check = |name: &str| check_variables([name.to_owned()].into_iter());
    assert_eq!(check("SWITCHBOARD_LISTEN"), Ok(()));
    assert_eq!(check("HOME"), Ok(()));
    assert_eq!(check("SWITCHBOARD_UI_DIST"), Ok(()));
    let typo = check("SWITCHBOARD_LISTENS").unwrap_err();
    assert!(typo.hint.contains("SWITCHBOARD_LISTEN?"), "{typo}");
    assert!(check("SWITCHBOARD_XYZ").is_err());
}

#[test]
fn impossible_combinations_are_errors() {
    for bad in [&["--demo", "--listen", "0.0.0.0:80"][..], &["--nats-url", "nats://x"], &["--log", "info,=,"]]
    {
        assert!(check_combinations(&settings(bad)).is_err(), "{bad:?}");
    }
    let sender = ["--mail-from", "Bean & Leaf <inbox@bean.test>"];
    let server = ["--smtp-url", "smtp://mail.bean.test"];
    assert!(check_combinations(&settings(&[&server[..], &sender].concat())).is_ok());
    assert!(check_combinations(&settings(&sender)).is_ok());
    for bad in
        [&server[..], &["--demo", server[0], server[1], sender[0], sender[1]], &["--mail-from", "nobody"]]
    {
        assert!(check_combinations(&settings(bad)).is_err(), "{bad:?}");
    }
    let wrong = settings(&["--database-url", "mysql://x"]);
    assert!(wrong.database_url(Path::new("data")).is_err());
}

#[test]
fn a_public_url_is_an_origin() {
    assert_eq!(checked_url("https://Chat.Example.com/").unwrap(), "https://chat.example.com");
    for bad in ["chat.example.com", "ftp://x", "https://", "https://x/y", "https://a@b", "https://x?y"] {
        assert!(checked_url(bad).is_err(), "{bad}");
    }
    assert!(
        is_local("http://127.0.0.1:8080")
            && is_local("http://localhost")
            && !is_local("http://local.example")
    );
}
