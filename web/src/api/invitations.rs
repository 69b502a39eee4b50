//! One-time secrets on their way to people: made here, shown once in a mail, kept as a hash.

use crate::error::ApiError;
use crate::password;
use crate::site::Site;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::{Rng, RngExt};
use sha2::{Digest, Sha256};
use std::time::Duration;
use switchboard_actors::mailer::Letter;
use switchboard_engine::ids::UserId;
use switchboard_schema::{NewLink, NewMail, Purpose};

/// How long an invitation, or a temporary password, is good.
pub const INVITATION: Duration = Duration::from_hours(72);
/// How long a link to a new password is good.
pub const RESET: Duration = Duration::from_hours(1);

/// Letters of a temporary password: none that looks like another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// 16 of 31 letters: 79 random bits.
const TEMPORARY: usize = 16;

/// Whom a mail is for.
pub struct Recipient<'a> {
    pub user: UserId,
    pub first_name: &'a str,
    pub email: &'a str,
}

/// A secret, the mail that carries it, and with a temporary password its hash.
pub struct Handed {
    pub link: NewLink,
    pub mail: NewMail,
    pub password_hash: Option<String>,
}

/// The hash a token is known by.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.trim()).to_vec()
}

/// An invitation of `by`: a link to set a password, or a temporary password where the business wants that.
pub async fn invitation(
    site: &Site,
    to: &Recipient<'_>,
    by: &str,
    business: &str,
) -> Result<Handed, ApiError> {
    let url = &site.actors.public_url;
    let hello = format!(
        "Hello {},\n\n{by} invites you to answer customers of {business} in Switchboard.",
        to.first_name
    );
    let subject = format!("{by} invites you to {business}");
    let foot = "This works once, within 72 hours. If you did not expect this mail, ignore it.";
    if !site.temporary_passwords() {
        let (token, link) = link(site, Purpose::Invitation, INVITATION);
        let letter = Letter {
            subject,
            text: format!("{hello}\n\nYour user name is {}. Set your password here:", to.email),
            action: ("Set your password".to_owned(), format!("{url}/welcome#{token}")),
            foot: foot.to_owned(),
            ..addressed(to)
        };
        let mail = site.actors.mailer.seal("invitation", Some(to.user), &letter);
        return Ok(Handed { link, mail, password_hash: None });
    }
    let temporary = temporary_password();
    let (_, link) = link(site, Purpose::TemporaryPassword, INVITATION);
    let letter = Letter {
        subject,
        text: format!(
            "{hello}\n\nYour user name is {}\nYour password for the first sign-in is {temporary}\n\nYou choose your own right after it.",
            to.email
        ),
        action: ("Sign in".to_owned(), format!("{url}/")),
        foot: foot.to_owned(),
        ..addressed(to)
    };
    let mail = site.actors.mailer.seal("invitation", Some(to.user), &letter);
    let password_hash = Some(site.passwords.hash(temporary).await?);
    Ok(Handed { link, mail, password_hash })
}

/// A link to a new password. Without a user it is nobody's, and only as long as a real one.
pub fn reset(site: &Site, to: Option<&Recipient<'_>>, business: &str) -> (NewLink, NewMail) {
    let (token, link) = link(site, Purpose::Reset, RESET);
    let nobody = Recipient { user: UserId(0), first_name: "somebody", email: "nobody@nowhere.invalid" };
    let reader = to.unwrap_or(&nobody);
    let letter = Letter {
        subject: format!("A new password for {business}"),
        text: format!(
            "Hello {},\n\nsomebody, probably you, wants a new password for {} in Switchboard.",
            reader.first_name, reader.email
        ),
        action: ("Choose a new password".to_owned(), format!("{}/reset#{token}", site.actors.public_url)),
        foot: "This works once, within an hour. If it was not you, ignore this mail: nothing has changed."
            .to_owned(),
        ..addressed(reader)
    };
    (link, site.actors.mailer.seal("reset", to.map(|to| to.user), &letter))
}

fn addressed(to: &Recipient<'_>) -> Letter {
    Letter {
        to: to.email.to_owned(),
        to_name: to.first_name.to_owned(),
        subject: String::new(),
        text: String::new(),
        action: (String::new(), String::new()),
        foot: String::new(),
    }
}

/// 256 random bits and what is stored of them. Nobody sees the token of a temporary password: it only keeps the row apart from others.
fn link(site: &Site, purpose: Purpose, good_for: Duration) -> (String, NewLink) {
    let mut random = [0; 32];
    rand::rng().fill_bytes(&mut random);
    let token = URL_SAFE_NO_PAD.encode(random);
    let expires_at = site.now().plus(good_for);
    let link =
        NewLink { id: site.actors.core.ids.next(), purpose, token_hash: token_hash(&token), expires_at };
    (token, link)
}

fn temporary_password() -> String {
    let mut rng = rand::rng();
    let letter = |_| LETTERS.get(rng.random_range(0..LETTERS.len())).copied().map_or('x', char::from);
    let letters: String = (0..TEMPORARY).map(letter).collect();
    debug_assert!(letters.len() >= password::SHORTEST);
    letters
}
