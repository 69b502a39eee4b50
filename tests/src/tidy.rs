//! The house rules that a compiler does not know, each as a test.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest file, in lines.
const LONGEST: usize = 500;

/// Files that may be longer, and why.
const LONG: [(&str, &str); 1] = [("schema/src/tables.rs", "a table of every column")];

/// What each crate may use of ours. Arrows point inwards: engine knows nobody.
const ARROWS: [(&str, &[&str]); 9] = [
    ("switchboard-engine", &[]),
    ("switchboard-schema", &["engine"]),
    ("switchboard-actors", &["engine", "schema"]),
    ("switchboard-simulator", &[]),
    ("switchboard-ui", &[]),
    ("switchboard-web", &["engine", "schema", "actors", "simulator", "ui"]),
    ("switchboard-loadtest", &["engine", "schema", "simulator"]),
    ("switchboard-benches", &["engine", "schema", "actors", "simulator", "ui", "web", "loadtest"]),
    ("switchboard-tests", &[]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file of the project that a person wrote, by its path from the root.
fn files() -> BTreeMap<String, PathBuf> {
    const SKIPPED: [&str; 8] =
        ["target", "node_modules", ".git", "dist", "data", ".nuxt-ui", "test-results", "playwright-report"];
    let (root, mut found) = (root(), BTreeMap::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if !path.is_dir() {
                found.insert(path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), path);
            } else if !SKIPPED.contains(&name.as_str()) {
                folders.push(path);
            }
        }
    }
    found
}

/// Path and text of every file with one of these endings.
fn texts(endings: &[&str]) -> Vec<(String, String)> {
    let wanted = |path: &String| endings.iter().any(|ending| path.ends_with(ending));
    let read = |(name, path)| Some((name, std::fs::read_to_string::<PathBuf>(path).ok()?));
    files().into_iter().filter(|(name, _)| wanted(name)).filter_map(read).collect()
}

pub(crate) fn rust() -> Vec<(String, String)> {
    texts(&[".rs"])
}

#[track_caller]
fn none(what: &str, offenders: impl IntoIterator<Item = String>) {
    let offenders: Vec<String> = offenders.into_iter().collect();
    assert!(offenders.is_empty(), "{what}:\n  {}", offenders.join("\n  "));
}

#[test]
fn every_file_says_what_it_is() {
    let silent = rust().into_iter().filter(|(_, text)| !text.starts_with("//!"));
    none("files without a //! header", silent.map(|(name, _)| name));
}

#[test]
fn no_file_is_too_long() {
    let long = rust().into_iter().filter_map(|(name, text)| {
        let (lines, excused) = (text.lines().count(), LONG.iter().any(|(file, _)| *file == name));
        (lines > LONGEST && !excused).then(|| format!("{name}: {lines} lines"))
    });
    none("files that are too long", long);
}

#[test]
fn no_file_is_a_drawer_for_anything() {
    let vague = ["util", "utils", "helper", "helpers", "common", "misc"];
    let named = files().into_keys().filter(|name| {
        let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let folder =
            Path::new(name).parent().and_then(Path::file_name).and_then(|n| n.to_str()).unwrap_or_default();
        vague.contains(&stem) || vague.contains(&folder)
    });
    none("files named after nothing", named);
}

#[test]
fn nothing_forbidden_is_written() {
    // Put together here, so that this file does not find itself.
    let forbidden = [
        (concat!(".do_", "send("), "ignores the mailbox bound"),
        (concat!("#[ig", "nore"), "a test that never runs guards nothing"),
        (concat!("#[should", "_panic"), "say what must be seen instead"),
        (concat!("todo", "!("), "unfinished"),
        (concat!("dbg", "!("), "left behind"),
    ];
    let found = rust().into_iter().flat_map(|(name, text)| {
        let hits = forbidden.iter().filter(|(word, _)| text.contains(word));
        hits.map(|(word, why)| format!("{name}: {word} ({why})")).collect::<Vec<_>>()
    });
    none("forbidden", found);
}

/// What does not fit is told by its path, whichever the route.
#[test]
fn bodies_are_read_by_our_own_extractor() {
    let foreign = concat!("web::", "Json");
    let found =
        rust().into_iter().filter(|(name, text)| name.starts_with("web/src/") && text.contains(foreign));
    none("handlers with actix's own JSON: take crate::json::Json", found.map(|(name, _)| name));
}

#[test]
fn the_project_stands_alone() {
    let everything = texts(&[
        ".rs",
        ".toml",
        ".md",
        ".ts",
        ".mjs",
        ".vue",
        ".sql",
        ".yml",
        ".json",
        ".service",
        ".html",
        "run",
        "Dockerfile",
        ".npmrc",
        ".css",
    ]);
    let places = [
        concat!("/work", "/shared"),
        concat!("/work", "/main"),
        concat!("registry.", "npmjs"),
        concat!("crates", ".io"),
    ];
    let found =
        everything.into_iter().filter(|(name, _)| !name.contains("fixtures/")).flat_map(|(name, text)| {
            let hits = places.iter().filter(|place| text.contains(*place));
            hits.map(|place| format!("{name}: {place}")).collect::<Vec<_>>()
        });
    none("places that mean nothing to others", found);
}

/// What cargo knows of the workspace's own packages.
fn packages() -> Vec<Value> {
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline", "--locked"]);
    let metadata: Value = serde_json::from_str(&output).expect("cargo metadata answers JSON");
    metadata["packages"].as_array().unwrap().clone()
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn crates_know_only_those_further_in() {
    let mut wrong = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap().to_owned();
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("{name} has no place in the list of arrows"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            // Tests may look at anything.
            if dependency["kind"] == "dev" {
                continue;
            }
            if let Some(ours) = dependency["name"].as_str().unwrap().strip_prefix("switchboard-")
                && !allowed.contains(&ours)
            {
                wrong.push(format!("{name} -> switchboard-{ours}"));
            }
        }
    }
    none("arrows that point outwards", wrong);
}

#[test]
fn every_crate_has_our_lints() {
    let manifests = texts(&["Cargo.toml"]).into_iter().filter(|(name, text)| {
        name != "Cargo.toml" && !text.replace(' ', "").contains("[lints]\nworkspace=true")
    });
    none("crates without the workspace's lints", manifests.map(|(name, _)| name));
}

#[test]
fn what_needs_a_foreign_build_or_is_twice_stays_out() {
    let tree = cargo(&[
        "tree",
        "--workspace",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "-e",
        "normal,build",
        "--offline",
        "--locked",
    ]);
    let present: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(present.contains("actix"), "the tree was read");
    let unwanted = ["aws-lc-rs", "aws-lc-sys", "openssl-sys", "native-tls", "zstd-sys", "pq-sys", "h2"];
    none(
        "crates that must stay out",
        unwanted.into_iter().filter(|name| present.contains(name)).map(str::to_owned),
    );
}

#[test]
fn both_databases_have_the_same_migrations() {
    let migrations = |dialect: &str| -> BTreeSet<String> {
        let prefix = format!("migrations/{dialect}/");
        files().into_keys().filter_map(|name| Some(name.strip_prefix(&prefix)?.to_owned())).collect()
    };
    let (sqlite, postgres) = (migrations("sqlite"), migrations("postgres"));
    assert_eq!(sqlite, postgres);
    assert!(
        sqlite.iter().any(|name| name.ends_with("up.sql"))
            && sqlite.iter().any(|name| name.ends_with("down.sql"))
    );
}

#[test]
fn every_metric_is_documented_and_described() {
    let (source, manual) = (read("actors/src/telemetry.rs"), read("docs/operations.md"));
    let names: Vec<&str> = source.split('"').filter(|word| word.starts_with("switchboard_")).collect();
    assert!(names.len() > 10, "the names were read");
    none(
        "metrics missing in docs/operations.md",
        names.iter().filter(|name| !manual.contains(**name)).map(|n| (*n).to_owned()),
    );
    let constants = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
    let undescribed = constants
        .filter(|name| !source.contains(&format!("!({name},")) && !source.contains(&format!("{name},\n")));
    none("metrics without a help text", undescribed.map(str::to_owned));
}

#[test]
fn every_setting_is_in_the_readme() {
    let (source, readme) = (read("web/src/config.rs"), read("README.md"));
    let is_name = |word: &&str| {
        let setting =
            word.starts_with("SWITCHBOARD_") && word.len() > "SWITCHBOARD_".len() || *word == "DATABASE_URL";
        setting && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let names: BTreeSet<&str> = source.split('"').filter(is_name).collect();
    assert!(names.len() >= 9, "the names were read: {names:?}");
    // Read by the front-end's build and by the tests, not by the server.
    let others = ["SWITCHBOARD_UI", "SWITCHBOARD_TEST"];
    let missing = names.into_iter().filter(|name| !others.contains(name) && !readme.contains(name));
    none("settings missing in README.md", missing.map(str::to_owned));
}

/// After a change of the API: `SWITCHBOARD_TEST_UPDATE=1 cargo test -p switchboard-tests openapi`.
#[test]
fn the_committed_openapi_document_is_the_one_served() {
    let (path, served) = (root().join("docs/openapi.json"), switchboard_web::openapi::text());
    if std::env::var_os("SWITCHBOARD_TEST_UPDATE").is_some() {
        std::fs::write(&path, &served).unwrap();
    }
    assert!(read("docs/openapi.json") == served, "docs/openapi.json is not what the server says of itself");
}

/// Who may read the machine's own clock: the one clock, and a sample of the demo that is dated by hand.
const CLOCKS: [&str; 2] = ["actors/src/clock.rs", "web/src/demo/facts.rs"];

/// To see it go red: write `std::time::SystemTime::now()` anywhere in the engine, or in an actor.
#[test]
fn d_09_time_comes_from_the_one_clock() {
    let clocks = [
        concat!("System", "Time::now"),
        concat!("Inst", "ant::now"),
        concat!("Utc::", "now"),
        concat!("Local::", "now"),
        concat!("Zoned::", "now"),
        concat!("Timestamp::", "now"),
        concat!("DateTime::", "now"),
        concat!("now_", "utc("),
        concat!("now_", "local("),
        concat!("TimeZone::", "system"),
        concat!("tokio::", "time"),
    ];
    let engine = rust().into_iter().filter(|(name, _)| name.starts_with("engine/"));
    let asked = engine.flat_map(|(name, text)| {
        let hits = clocks.iter().filter(|clock| text.contains(*clock));
        hits.map(|clock| format!("{name}: {clock}")).collect::<Vec<_>>()
    });
    none("the engine is told what time it is", asked);
    // Outside it, how long something takes is measured, but what time it is only the clock says.
    let product = ["actors/src/", "schema/src/", "web/src/"];
    let asked = rust().into_iter().filter(|(name, text)| {
        let watched = product.iter().any(|part| name.starts_with(part)) && !CLOCKS.contains(&name.as_str());
        watched
            && clocks.iter().any(|clock| *clock != clocks[1] && *clock != clocks[10] && text.contains(clock))
    });
    none("wall clocks beside the clock", asked.map(|(name, _)| name));
}

/// Tests that are not run on both databases, and why.
const ON_ONE: [(&str, &str); 5] = [
    ("every_route_has_its_operation", "reads files only"),
    ("the_matrix_has_368_cells", "reads the table only"),
    ("every_pushed_frame_has_its_audience", "reads files only"),
    (
        "while_postgres_is_away_nothing_is_acknowledged_and_all_returns_by_itself",
        "an embedded file is never away",
    ),
    ("serve_if_asked", "not a test: the server as a process of its own"),
];

/// To see it go red: write a `#[test]` beside `both!` in any module here.
#[test]
fn d_10_every_test_runs_on_both_databases() {
    let modules = rust().into_iter().filter(|(name, _)| {
        let file = name.strip_prefix("tests/src/").unwrap_or_default();
        // The house rules ask no database; `world` defines `both!` itself.
        !file.is_empty() && !["tidy.rs", "world.rs"].contains(&file)
    });
    let (mut alone, mut on_both) = (Vec::new(), 0);
    for (name, text) in modules {
        let marks = [concat!("#[te", "st]"), concat!("#[tokio::te", "st"), concat!("#[actix::te", "st")];
        let starts = marks.iter().flat_map(|mark| text.split(mark).skip(1));
        let names = starts.filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next());
        alone.extend(names.map(|test| (name.clone(), test.to_owned())));
        let lists = text.split("both!(").skip(1).filter_map(|rest| rest.split(')').next());
        on_both += lists.flat_map(|list| list.split(',')).filter(|test| !test.trim().is_empty()).count();
    }
    assert!(on_both > 100, "{on_both} tests on both databases");
    let excused = |test: &str| ON_ONE.iter().any(|(known, _)| *known == test);
    let strangers = alone.iter().filter(|(_, test)| !excused(test));
    none("tests that run on one database only", strangers.map(|(name, test)| format!("{name}: {test}")));
    let gone = ON_ONE.iter().filter(|(known, _)| !alone.iter().any(|(_, test)| test == known));
    none("excused, but not there any more", gone.map(|(test, _)| (*test).to_owned()));
    // The suite that runs them knows no switch for one of the two.
    assert!(read("tests/run").contains("cargo test --workspace --locked"));
}
