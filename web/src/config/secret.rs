//! The secret key: from the environment, or a file in the data directory that only its owner may read.

use super::{ConfigError, error};
use rand::Rng;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// `given`, or the key in `data_dir`, which is made when there is none.
pub(super) fn load(data_dir: &Path, given: Option<String>) -> Result<[u8; 32], ConfigError> {
    if let Some(given) = given {
        let hint = "make one with `openssl rand -hex 32`, and keep it: what it sealed opens with no other";
        return parse(&given).ok_or_else(|| error("SWITCHBOARD_SECRET_KEY must be 64 hex digits", hint));
    }
    let path = data_dir.join("secret.key");
    let hint = format!("check the rights of {}", data_dir.display());
    read_or_make(data_dir, &path)
        .map_err(|problem| error(format!("the secret key in {}: {problem}", path.display()), hint))
}

/// The key before, while what it sealed is being sealed anew.
pub(super) fn previous(given: Option<String>) -> Result<Option<[u8; 32]>, ConfigError> {
    let hint = "give the key that was in use before, or leave the variable out";
    let wrong = || error("SWITCHBOARD_SECRET_KEY_PREVIOUS must be 64 hex digits", hint);
    given.map(|given| parse(&given).ok_or_else(wrong)).transpose()
}

fn read_or_make(data_dir: &Path, path: &Path) -> io::Result<[u8; 32]> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let mode = std::fs::metadata(path)?.permissions().mode();
            if mode & 0o077 != 0 {
                std::fs::set_permissions(path, PermissionsExt::from_mode(0o600))?;
            }
            parse(&text).ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "not 64 hex digits"))
        }
        Err(missing) if missing.kind() == ErrorKind::NotFound => {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
            let mut key = [0; 32];
            rand::rng().fill_bytes(&mut key);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(hex::encode(key).as_bytes())?;
            file.sync_all()?;
            File::open(data_dir)?.sync_all()?;
            Ok(key)
        }
        Err(other) => Err(other),
    }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    hex::decode(text.trim()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("deep/data");
        let key = load(&data, None).unwrap();
        assert_eq!(load(&data, None).unwrap(), key);
        let mode = std::fs::metadata(data.join("secret.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(data.join("secret.key"), "short").unwrap();
        assert!(load(&data, None).is_err());
    }

    #[test]
    fn a_given_key_must_be_whole() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path(), Some("ab".repeat(32))), Ok([0xab; 32]));
        for bad in ["", "ab", &"zz".repeat(32)] {
            assert!(load(folder.path(), Some(bad.to_owned())).is_err());
        }
        assert!(!folder.path().join("secret.key").exists());
    }
}
