//! The demo's templates, as they wait at the simulated provider, and its saved replies.

use serde_json::{Value, json};
use switchboard_actors::Actors;
use switchboard_engine::channels::whatsapp::templates::page;
use switchboard_engine::ids::{BusinessId, ChannelId, GroupId, ReplyId, TemplateId};
use switchboard_engine::template::Mapping;
use switchboard_schema::{SavedReply, TemplateSync};

/// What the business registered: most approved, one of each other kind.
pub(super) fn registered() -> Vec<Value> {
    let body = |text: &str| json!({"type": "BODY", "text": text});
    let template = |name: &str, language: &str, category: &str, status: &str, components: Value| json!({"name": name, "language": language, "category": category, "status": status, "components": components});
    vec![
        template(
            "welcome",
            "en_GB",
            "UTILITY",
            "APPROVED",
            json!([
                {"type": "HEADER", "format": "TEXT", "text": "Welcome to Bean & Leaf"},
                body("Hello {{1}}, {{2}} here. How can we help you today?"),
                {"type": "FOOTER", "text": "We answer from 9 to 5"},
            ]),
        ),
        template(
            "order_update",
            "en_GB",
            "UTILITY",
            "APPROVED",
            json!([
                body("Hello {{1}}, there is news about your order {{2}}: {{3}}."),
                {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Track it", "url": "https://shop.example/orders/{{1}}"}]},
            ]),
        ),
        template(
            "appointment_reminder",
            "en_GB",
            "UTILITY",
            "APPROVED",
            json!([
                body("Hello {{1}}, we see you on {{2}} at {{3}}. Does that still suit you?"),
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}, {"type": "QUICK_REPLY", "text": "Change it"}]},
            ]),
        ),
        template(
            "appointment_reminder",
            "de",
            "UTILITY",
            "APPROVED",
            json!([
                body("Hallo {{1}}, wir sehen uns am {{2}} um {{3}}. Passt das noch?"),
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Ja"}, {"type": "QUICK_REPLY", "text": "Ändern"}]},
            ]),
        ),
        template(
            "spring_offer",
            "en_GB",
            "MARKETING",
            "PAUSED",
            json!([body("Hi {{1}}, every fern is 10 % off this week.")]),
        ),
        template("feedback", "en_GB", "UTILITY", "PENDING", json!([body("Hello {{1}}, how did we do?")])),
        template("win_a_plant", "en_GB", "MARKETING", "REJECTED", json!([body("Win! {{1}}{{2}}")])),
    ]
}

/// Where the variables of those that can be sent get their values.
fn mappings() -> [(&'static str, &'static str, Value); 4] {
    let appointment = |nameless: &str| json!({"vars": {"1": {"source": "contact.first_name", "fallback": nameless}, "2": "reference.day", "3": "reference.time"}});
    [
        ("welcome", "en_GB", json!({"vars": {"1": "contact.first_name", "2": "agent.first_name"}})),
        (
            "order_update",
            "en_GB",
            json!({"vars": {"1": "contact.first_name", "2": "reference.order", "3": "reference.status"},
                "buttons": {"0": "reference.order"}}),
        ),
        ("appointment_reminder", "en_GB", appointment("there")),
        ("appointment_reminder", "de", appointment("und guten Tag")),
    ]
}

const REPLIES: [(&str, &str); 4] = [
    ("Opening hours", "We are open Monday to Friday from 9 to 5."),
    (
        "Refund",
        "Hi [contact-firstname], your refund is on its way and takes three working days. [agent-firstname], [business-name]",
    ),
    (
        "Delivery",
        "Hello [contact-firstname], we deliver within two days. Shall I send you the tracking link?",
    ),
    ("Watering", "Once a week is plenty: let the soil dry before you water again."),
];

/// Puts what the provider holds, its mappings and the saved replies into a new demo.
pub(super) async fn seed(
    actors: &Actors,
    business_id: BusinessId,
    group: GroupId,
    channel_id: ChannelId,
) -> Result<(), Box<dyn std::error::Error>> {
    let (store, ids, at) = (&actors.core.store, &actors.core.ids, actors.core.clock.now());
    let listed = page(json!({"data": registered()}).to_string().as_bytes()).ok_or("no templates")?.templates;
    let fresh_ids = listed.iter().map(|_| TemplateId(ids.next())).collect();
    store.sync_templates(TemplateSync { business_id, channel_id, listed, fresh_ids, began: at, at }).await?;
    let templates = store.templates(vec![channel_id]).await?;
    for (name, language, mapping) in mappings() {
        let mapping: Mapping = serde_json::from_value(mapping)?;
        let known = templates.iter().find(|one| one.name == name && one.language == language);
        store.set_template_mapping(known.ok_or("no template")?.id, mapping, false, at).await?;
    }
    for (name, body) in REPLIES {
        let reply = SavedReply {
            id: ReplyId(ids.next()),
            business_id,
            group_id: Some(group),
            name: name.to_owned(),
            body: body.to_owned(),
            media: Vec::new(),
        };
        store.create_saved_reply(reply, at).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_engine::template::{Components, TemplateStatus, placeholder};

    #[test]
    fn everything_approved_can_be_sent_and_nothing_else() {
        let listed = page(json!({"data": registered()}).to_string().as_bytes()).unwrap().templates;
        for one in &listed {
            let parts = Components::parse(&one.components);
            assert_eq!(parts.unsupported, None, "{}", one.name);
            let mapped = mappings().into_iter().any(|(name, language, mapping)| {
                let mapping: Mapping = serde_json::from_value(mapping).unwrap();
                let is_it = name == one.name && language == one.language;
                assert!(!is_it || mapping.covers(&parts) && mapping.strangers(&parts).is_empty(), "{name}");
                is_it
            });
            assert_eq!(mapped, one.status == TemplateStatus::Approved, "{}", one.name);
        }
        assert!(REPLIES.iter().all(|(_, body)| placeholder::unknown(body).is_empty()));
    }
}
