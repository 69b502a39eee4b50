//! Who can be mailed, and who wants no mail.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{EmailAudience, EmailContact};
use crate::rows::{clean, word};
use crate::tables::{contact, email_consent};
use diesel::dsl::{self, exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::consent::{ConsentSource, ConsentState, EmailConsent};
use switchboard_engine::ids::{BusinessId, ContactId};

/// Saved contacts with an address. Visitors who typed one are not among them: nobody knows whose it is.
#[dsl::auto_type]
pub(super) fn has_address(business: i64) -> _ {
    contact::business_id
        .eq(business)
        .and(contact::status.eq("active"))
        .and(contact::kind.eq("contact"))
        .and(contact::email.is_not_null())
}

/// Those who want no mail.
#[dsl::auto_type]
pub(super) fn opted_out() -> _ {
    exists(
        email_consent::table
            .filter(email_consent::contact_id.eq(contact::id).and(email_consent::state.eq("opted_out"))),
    )
}

type ConsentRow = (String, String, Option<String>, i64);

fn consent((state, source, evidence, at): ConsentRow) -> Result<EmailConsent, StoreError> {
    Ok(EmailConsent {
        state: word("email_consent.state", &state, ConsentState::parse)?,
        source: word("email_consent.source", &source, ConsentSource::parse)?,
        evidence,
        at: switchboard_engine::time::Timestamp(at),
    })
}

pub(crate) async fn find(conn: &mut Conn, of: ContactId) -> Result<Option<EmailConsent>, StoreError> {
    let row: Option<ConsentRow> = email_consent::table
        .find(of.0)
        .select((email_consent::state, email_consent::source, email_consent::evidence, email_consent::at))
        .first(conn)
        .await
        .optional()?;
    row.map(consent).transpose()
}

/// The newest word stays. False when it was said before, or there is no such contact any more.
pub(crate) async fn set(conn: &mut Conn, of: ContactId, said: &EmailConsent) -> Result<bool, StoreError> {
    let known: i64 = contact::table
        .filter(contact::id.eq(of.0).and(contact::email.is_not_null()))
        .count()
        .get_result(conn)
        .await?;
    let before = find(conn, of).await?;
    if known == 0 || before.is_some_and(|before| before.state == said.state || before.at > said.at) {
        return Ok(false);
    }
    let word = (
        email_consent::state.eq(said.state.as_str()),
        email_consent::source.eq(said.source.as_str()),
        email_consent::evidence.eq(said.evidence.as_deref().map(clean)),
        email_consent::at.eq(said.at.0),
    );
    diesel::insert_into(email_consent::table)
        .values((email_consent::contact_id.eq(of.0), word.clone()))
        .on_conflict(email_consent::contact_id)
        .do_update()
        .set(word)
        .execute(conn)
        .await?;
    Ok(true)
}

pub(crate) async fn audience(conn: &mut Conn, of: BusinessId) -> Result<EmailAudience, StoreError> {
    let all = contact::table.filter(has_address(of.0));
    let recipients = all.filter(not(opted_out())).count().get_result(conn).await?;
    let opted_out = all.filter(opted_out()).count().get_result(conn).await?;
    Ok(EmailAudience { recipients, opted_out })
}

/// Those who can be mailed, after an id, at most so many.
pub(crate) async fn page(
    conn: &mut Conn,
    of: BusinessId,
    after: ContactId,
    limit: i64,
) -> Result<Vec<EmailContact>, StoreError> {
    type Row = (i64, String, bool, Option<String>, Option<ConsentRow>);
    let rows: Vec<Row> = contact::table
        .left_join(email_consent::table.on(email_consent::contact_id.eq(contact::id)))
        .filter(has_address(of.0))
        .filter(email_consent::state.nullable().is_null().or(email_consent::state.nullable().ne("opted_out")))
        .filter(contact::id.gt(after.0))
        .order(contact::id)
        .limit(limit)
        .select((
            contact::id,
            contact::display_name,
            contact::name_is_placeholder,
            contact::email,
            (email_consent::state, email_consent::source, email_consent::evidence, email_consent::at)
                .nullable(),
        ))
        .load(conn)
        .await?;
    let one = |(id, name, is_placeholder, email, said): Row| {
        Ok(EmailContact {
            id: ContactId(id),
            name: (!is_placeholder).then_some(name),
            email: email.unwrap_or_default(),
            consent: said.map(consent).transpose()?,
        })
    };
    rows.into_iter().map(one).collect()
}
