//! Builds the web front-end for release binaries and writes the table of embedded files.
//!
//! Release: `npm ci` (only when the lock changed) and `npm run build` into `OUT_DIR`. Debug: nothing is run,
//! the files are served from `app/dist` if somebody built them. Switches: `SWITCHBOARD_UI=build|skip` forces
//! either way, `SWITCHBOARD_UI_DIST=<dir>` embeds a directory that was built elsewhere.
//! Only sources and lock files are watched: watching `node_modules` or `dist` would rebuild for ever.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const WATCHED: [&str; 9] = [
    "app/apps",
    "app/packages",
    "app/scripts",
    "app/package.json",
    "app/package-lock.json",
    "app/tsconfig.json",
    "app/vite.agent.ts",
    "app/vite.widget.ts",
    "app/.npmrc",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What ends up in the binary.
enum Outcome {
    /// The files below this directory.
    Files(PathBuf),
    /// Debug build: the directory is read at run time.
    Disk,
    /// Nothing, for this reason; the help page tells the cure.
    Nothing(String),
}

fn main() {
    if let Err(error) = run() {
        println!("cargo::error=web front-end: {error}");
    }
}

fn run() -> Result<()> {
    for name in ["SWITCHBOARD_UI", "SWITCHBOARD_UI_DIST"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let app = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("app");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let outcome = decide(&app, &out)?;
    let table = match &outcome {
        Outcome::Files(dist) => table(dist)?,
        Outcome::Disk | Outcome::Nothing(_) => table_of(&[]),
    };
    let reason = match &outcome {
        Outcome::Nothing(reason) => format!("Some({reason:?})"),
        Outcome::Files(_) | Outcome::Disk => "None".to_owned(),
    };
    let disk = matches!(outcome, Outcome::Disk);
    let source = format!(
        "{table}\npub(crate) const NOT_BUILT: Option<&str> = {reason};\npub(crate) const FROM_DISK: bool = {disk};\n"
    );
    fs::write(out.join("assets.rs"), source)?;
    Ok(())
}

fn decide(app: &Path, out: &Path) -> Result<Outcome> {
    if let Some(dir) = env::var_os("SWITCHBOARD_UI_DIST") {
        let dir = PathBuf::from(dir);
        let dir = if dir.is_absolute() { dir } else { env::current_dir()?.join(dir) };
        watch(&dir);
        if !dir.join("index.html").is_file() {
            return Err(format!("SWITCHBOARD_UI_DIST={} has no index.html", dir.display()).into());
        }
        return Ok(Outcome::Files(dir));
    }
    let build = match env::var("SWITCHBOARD_UI").as_deref() {
        Ok("build") => true,
        Ok("skip") => {
            return Ok(Outcome::Nothing(
                "the build was told to leave it out (SWITCHBOARD_UI=skip)".to_owned(),
            ));
        }
        Ok(other) => return Err(format!("SWITCHBOARD_UI={other}: use build or skip").into()),
        Err(_) => env::var("PROFILE")? == "release",
    };
    if !build {
        return Ok(Outcome::Disk);
    }
    for path in WATCHED {
        watch(&app.join("..").join(path));
    }
    let Some(npm) = npm() else {
        let reason = "npm was not found while the binary was built";
        watch_for_npm();
        println!(
            "cargo::warning=web front-end not built: {reason}. Install Node.js 20.19 or newer and build again."
        );
        return Ok(Outcome::Nothing(reason.to_owned()));
    };
    install(app, npm)?;
    let dist = out.join("dist");
    let build = npm_in(app, npm).args(["run", "build"]).env("SWITCHBOARD_UI_OUT", &dist).output()?;
    if !build.status.success() {
        return Err(describe("npm run build", &build).into());
    }
    Ok(Outcome::Files(dist))
}

/// The name npm goes by on this system, if it is installed.
fn npm() -> Option<&'static str> {
    let name = if cfg!(windows) { "npm.cmd" } else { "npm" };
    Command::new(name).arg("--version").output().ok().filter(|run| run.status.success()).map(|_| name)
}

/// Runs this script again once npm may be there: a directory's time changes when a program is installed into it.
fn watch_for_npm() {
    println!("cargo::rerun-if-env-changed=PATH");
    for dir in env::split_paths(&env::var_os("PATH").unwrap_or_default()) {
        if dir.is_dir() {
            println!("cargo::rerun-if-changed={}", dir.display());
        }
    }
}

fn npm_in(app: &Path, npm: &str) -> Command {
    let mut command = Command::new(npm);
    command.current_dir(app);
    command
}

/// Installs the packages unless `node_modules` already is what the lock says.
fn install(app: &Path, npm: &str) -> Result<()> {
    let lock = fs::read(app.join("package-lock.json"))?;
    let stamp = app.join("node_modules/.switchboard-lock");
    if fs::read(&stamp).is_ok_and(|have| have == lock) || installed_by_hand(app) {
        return Ok(());
    }
    let ci = npm_in(app, npm)
        .args(["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"])
        .output()?;
    if !ci.status.success() {
        return Err(describe("npm ci", &ci).into());
    }
    fs::write(stamp, lock)?;
    Ok(())
}

/// Whether somebody ran `npm ci` after the lock last changed: npm keeps its own lock inside `node_modules`.
fn installed_by_hand(app: &Path) -> bool {
    let modified = |path: &str| fs::metadata(app.join(path)).and_then(|file| file.modified()).ok();
    let vite = app.join("node_modules/vite/package.json").is_file();
    match (modified("node_modules/.package-lock.json"), modified("package-lock.json")) {
        (Some(installed), Some(lock)) => vite && installed >= lock,
        _ => false,
    }
}

fn describe(step: &str, run: &std::process::Output) -> String {
    let text = [run.stdout.as_slice(), run.stderr.as_slice()].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join(" | ");
    format!("`{step}` failed ({}): {tail}. SWITCHBOARD_UI=skip builds without the front-end.", run.status)
}

/// Watches every file below a path, leaving out what the build itself writes.
fn watch(path: &Path) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if matches!(name, "node_modules" | "auto-imports.d.ts" | "components.d.ts" | ".nuxt-ui") {
        return;
    }
    let Ok(entries) = fs::read_dir(path) else {
        println!("cargo::rerun-if-changed={}", path.display());
        return;
    };
    for entry in entries.flatten() {
        watch(&entry.path());
    }
}

/// The generated table of the files below `dist`, sorted by path for the binary search.
fn table(dist: &Path) -> Result<String> {
    let mut files = BTreeMap::new();
    collect(dist, dist, &mut files)?;
    let mut rows = Vec::new();
    for (path, file) in &files {
        if Path::new(path).extension().is_some_and(|extension| extension == "br") {
            continue;
        }
        let body = fs::read(file)?;
        let small = match files.get(&format!("{path}.br")) {
            Some(small) => format!("Some(include_bytes!({small:?}))"),
            None => "None".to_owned(),
        };
        rows.push(format!(
            "    File {{ path: {path:?}, etag: {:?}, body: include_bytes!({file:?}), brotli: {small} }},\n",
            etag(&body)
        ));
    }
    Ok(table_of(&rows))
}

fn table_of(rows: &[String]) -> String {
    let mut source = "pub(crate) static FILES: &[File] = &[\n".to_owned();
    for row in rows {
        source.push_str(row);
    }
    source.push_str("];\n");
    source
}

fn collect(root: &Path, dir: &Path, into: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, into)?;
        } else {
            let parts = path.strip_prefix(root)?.iter().map(|part| part.to_string_lossy());
            let name = parts.collect::<Vec<_>>().join("/");
            let file = path.to_str().ok_or("a path is not UTF-8")?.to_owned();
            into.insert(name, file);
        }
    }
    Ok(())
}

fn etag(body: &[u8]) -> String {
    let mut text = String::from("\"");
    for seed in 0u8..2 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        hasher.write(body);
        // Writing to a String cannot fail.
        let _ = write!(text, "{:016x}", hasher.finish());
    }
    text.push('"');
    text
}
