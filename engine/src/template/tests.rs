//! Templates in tables: reading, mapping, filling, choosing.

use super::*;
use crate::contact::{Contact, ContactKind};
use crate::conversation::Refusal;
use crate::ids::{ContactId, MediaId};
use serde_json::json;
use std::collections::BTreeMap;

fn template(components: serde_json::Value, mapping: serde_json::Value) -> Template {
    Template {
        id: TemplateId(1),
        channel_id: ChannelId(5),
        provider_id: None,
        name: "order_update".to_owned(),
        language: "en_GB".to_owned(),
        category: "utility".to_owned(),
        status: TemplateStatus::Approved,
        quality: Quality::Unknown,
        components,
        mapping: serde_json::from_value(mapping).unwrap(),
        invoice_only: false,
        synced_at: Timestamp(0),
    }
}

fn body(text: &str) -> serde_json::Value {
    json!([{"type": "BODY", "text": text}])
}

fn contact(name: &str, name_is_placeholder: bool) -> Contact {
    Contact {
        id: ContactId(9),
        kind: ContactKind::Contact,
        name: name.to_owned(),
        name_is_placeholder,
        profile_name: Some("Shown on WhatsApp".to_owned()),
        phone: None,
        email: None,
    }
}

fn facts(name: &str, placeholder: bool) -> Facts {
    Facts::of(&contact(name, placeholder), "Bean & Leaf", "Ann")
}

fn ask(vars: &[(&str, &str)], reference: &[(&str, &str)]) -> Ask {
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    Ask { vars: map(vars), reference: map(reference) }
}

fn missing(result: Result<Filled, Refusal>) -> Vec<String> {
    match result {
        Err(Refusal::TemplateVarsMissing { vars }) => vars,
        other => panic!("{other:?}"),
    }
}

#[test]
fn variables_are_found_in_every_part_and_counted_once() {
    let parts = Components::parse(&json!([
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
        {"type": "BODY", "text": "{{2}} and {{1}}, {{ 2 }} {{10}} {{}} {{a b}} {{{3}}} {{unclosed"},
        {"type": "FOOTER", "text": "Bye"},
        {"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Yes"}, {"type": "URL", "text": "Track", "url": "https://x.example/{{1}}"},
            {"type": "URL", "text": "Shop", "url": "https://x.example/"}, {"type": "COPY_CODE", "text": "Copy"},
        ]},
    ]));
    let keys: Vec<String> = parts.variables().into_iter().map(|one| one.key).collect();
    assert_eq!(keys, ["header", "1", "2", "3", "10", "button.1", "button.3"]);
    assert_eq!(parts.unsupported, None);
    let named = Components::parse(&body("Hi {{first_name}}, {{order_id}}"));
    let names: Vec<String> = named.variables().into_iter().map(|one| one.key).collect();
    assert_eq!(names, ["first_name", "order_id"]);
}

#[test]
fn what_we_cannot_fill_in_is_unsupported() {
    for (components, what) in [
        (json!([{"type": "BODY", "text": "x"}, {"type": "HEADER", "format": "LOCATION"}]), "HEADER LOCATION"),
        (json!([{"type": "BODY", "text": "x"}, {"type": "CAROUSEL"}]), "CAROUSEL"),
        (
            json!([{"type": "BODY", "text": "x"}, {"type": "BUTTONS", "buttons": [{"type": "FLOW"}]}]),
            "BUTTON FLOW",
        ),
        (json!([]), "no body"),
        (json!("junk"), "no body"),
    ] {
        let one = template(components, json!({}));
        assert_eq!(one.parts().unsupported.as_deref(), Some(what));
        assert_eq!(one.hindrance(), Some(Hindrance::Unsupported));
    }
}

#[test]
fn sendable_is_approved_and_mapped_and_not_for_invoices() {
    let mapped = json!({"vars": {"1": "contact.first_name"}});
    let good = template(body("Hi {{1}}"), mapped.clone());
    assert!(good.is_sendable());
    assert!(template(body("Hi"), json!({})).is_sendable(), "nothing to map");
    assert_eq!(template(body("Hi {{1}} {{2}}"), mapped.clone()).hindrance(), Some(Hindrance::Unmapped));
    let invoice = Template { invoice_only: true, ..good.clone() };
    assert_eq!(invoice.hindrance(), Some(Hindrance::InvoiceOnly));
    let picture = json!([{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hi"}]);
    assert_eq!(template(picture.clone(), json!({})).hindrance(), Some(Hindrance::Unmapped));
    assert!(template(picture, json!({"header_media_id": "7"})).is_sendable());
    for word in [
        "APPROVED",
        "PENDING",
        "rejected",
        "PAUSED",
        "DISABLED",
        "IN_APPEAL",
        "PENDING_DELETION",
        "ARCHIVED",
        "NEW",
    ] {
        let status = TemplateStatus::of_provider(word);
        let one = Template { status, ..good.clone() };
        assert_eq!(one.is_sendable(), word == "APPROVED", "{word}");
        assert_eq!(TemplateStatus::parse(status.as_str()), Some(status));
    }
}

#[test]
fn values_come_from_the_sender_then_the_mapping_then_the_fallback() {
    let mapping = json!({"vars": {"1": "contact.first_name", "2": {"source": "reference.ref", "fallback": "your order"},
        "3": "text:soon"}});
    let one = template(body("Hello {{1}}, {{2}} comes {{3}}."), mapping);
    let text = |ask: &Ask, facts: &Facts| one.fill(ask, facts).unwrap().text;
    let jo = facts("Jo Bloggs", false);
    assert_eq!(text(&ask(&[], &[]), &jo), "Hello Jo, your order comes soon.");
    assert_eq!(text(&ask(&[], &[("ref", "A-17")]), &jo), "Hello Jo, A-17 comes soon.");
    assert_eq!(
        text(&ask(&[("1", "Ms Bloggs"), ("3", "today")], &[]), &jo),
        "Hello Ms Bloggs, your order comes today."
    );
    // A value is a value, whatever it looks like.
    assert_eq!(text(&ask(&[("1", "{{2}}")], &[]), &jo), "Hello {{2}}, your order comes soon.");
}

/// To see it go red: drop the look at `name_is_placeholder` in `Facts::of`.
#[test]
fn a_placeholder_name_is_never_used() {
    let vars = json!({"vars": {"1": "contact.first_name", "2": "contact.full_name"}});
    let one = template(body("Hi {{1}}/{{2}}"), vars);
    for (name, placeholder, text) in [
        ("+447400123456", true, "Hi there/there"),
        ("Unknown", true, "Hi there/there"),
        ("Visitor 3f2a", true, "Hi there/there"),
        ("  ", false, "Hi there/there"),
        ("Jo", false, "Hi Jo/Jo"),
        ("Jo van Bloggs", false, "Hi Jo/Jo van Bloggs"),
    ] {
        assert_eq!(one.fill(&Ask::default(), &facts(name, placeholder)).unwrap().text, text, "{name}");
    }
    let german = json!({"vars": {"1": {"source": "contact.first_name", "fallback": "liebe Kundin"}}});
    let german = template(body("Hallo {{1}}"), german);
    assert_eq!(german.fill(&Ask::default(), &facts("Unknown", true)).unwrap().text, "Hallo liebe Kundin");
}

#[test]
fn nothing_is_sent_with_a_gap() {
    let mapping =
        json!({"vars": {"1": "contact.last_name", "2": "contact.company", "3": "reference.status"}});
    let one = template(body("{{1}} {{2}} {{3}}"), mapping);
    let jo = facts("Jo", false);
    assert_eq!(missing(one.fill(&Ask::default(), &jo)), ["1", "2", "3"]);
    let full = [("1", "Bloggs"), ("2", "Acme"), ("3", "Shipped")];
    assert_eq!(one.fill(&ask(&full, &[]), &jo).unwrap().text, "Bloggs Acme Shipped");
    // Emptied by the agent is missing, even where the mapping knows a value.
    let bloggs = facts("Jo Bloggs", false);
    assert_eq!(missing(one.fill(&ask(&[("1", " "), ("2", "Acme"), ("3", "x")], &[]), &bloggs)), ["1"]);
    let stranger = one.fill(&ask(&[("4", "x")], &[]), &jo).unwrap_err();
    assert!(matches!(stranger, Refusal::Invalid { field: "template.vars", .. }));
}

#[test]
fn values_obey_the_providers_rules() {
    let one = template(body("Hi {{1}}"), json!({"vars": {"1": "reference.name"}}));
    let given = |value: &str| one.fill(&ask(&[("1", value)], &[]), &facts("Jo", false));
    let long = "x".repeat(1_022);
    for bad in ["a\nb", "a\tb", "a\rb", "a    b", "a\u{7}b", &long] {
        let refused = given(bad).unwrap_err();
        let Refusal::TemplateVarInvalid { var, detail } = &refused else { panic!("{bad:?}: {refused:?}") };
        assert_eq!((var.as_str(), refused.code()), ("1", "template_var_invalid"));
        assert!(detail.len() > 10 && refused.to_string().contains("The value of 1 m"), "{refused}");
    }
    for good in ["a b", "a   b", "Grüße 👋", " padded ", &"x".repeat(1_021)] {
        assert!(given(good).is_ok(), "{good:?}");
    }
    let headed =
        json!([{"type": "HEADER", "format": "TEXT", "text": "{{1}}"}, {"type": "BODY", "text": "Hi"}]);
    let headed = template(headed, json!({"vars": {"header": "reference.title"}}));
    assert!(headed.fill(&ask(&[("header", &"x".repeat(60))], &[]), &facts("Jo", false)).is_ok());
    let refused = headed.fill(&ask(&[("header", &"x".repeat(61))], &[]), &facts("Jo", false)).unwrap_err();
    assert!(matches!(refused, Refusal::TemplateVarInvalid { var, .. } if var == "header"));
}

#[test]
fn a_filled_template_has_all_its_parts() {
    let components = json!([
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
        {"type": "BODY", "text": "It is {{1}}."},
        {"type": "FOOTER", "text": "Bean & Leaf"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"},
            {"type": "URL", "text": "Track", "url": "https://x.example/t/{{1}}"}]},
    ]);
    let mapping = json!({"vars": {"header": "reference.ref", "1": "reference.status"}, "buttons": {"1": "reference.ref"}});
    let one = template(components, mapping);
    assert_eq!(
        one.preview(&facts("Jo", false)),
        "Order {{header}}\nIt is {{1}}.\nBean & Leaf\n[Thanks] [Track]"
    );
    let filled = one.fill(&ask(&[], &[("ref", "A-17"), ("status", "Shipped")]), &facts("Jo", false)).unwrap();
    assert_eq!(filled.text, "It is Shipped.");
    assert_eq!(
        filled.extra(),
        json!({"template": {"id": "1", "name": "order_update", "language": "en_GB", "category": "utility",
            "header": {"type": "text", "text": "Order A-17"}, "footer": "Bean & Leaf",
            "buttons": [{"type": "quick_reply", "text": "Thanks"},
                {"type": "url", "text": "Track", "url": "https://x.example/t/A-17"}],
            "parameters": {"header": [{"text": "A-17"}], "body": [{"text": "Shipped"}],
                "buttons": [{"index": 1, "kind": "url", "text": "A-17"}]}}})
    );
    let picture = json!([{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hi"}]);
    let picture = template(picture, json!({"header_media_id": "7"}));
    assert_eq!(picture.fill(&Ask::default(), &facts("Jo", false)).unwrap().header_media, Some(MediaId(7)));
}

#[test]
fn what_cannot_be_sent_says_why() {
    let good = template(body("Hi"), json!({}));
    for (one, status) in [
        (Template { status: TemplateStatus::Paused, ..good.clone() }, "paused"),
        (Template { status: TemplateStatus::Removed, ..good.clone() }, "removed"),
        (Template { invoice_only: true, ..good.clone() }, "invoice_only"),
        (Template { components: body("Hi {{1}}"), ..good.clone() }, "unmapped"),
    ] {
        let refused = one.fill(&ask(&[("1", "x")], &[]), &facts("Jo", false)).unwrap_err();
        assert_eq!(refused, Refusal::TemplateNotApproved { status });
        assert_eq!(refused.code(), "template_not_approved");
        assert!(refused.to_string().contains(status));
    }
}

#[test]
fn sources_are_read_as_they_are_written() {
    for text in [
        "contact.first_name",
        "contact.last_name",
        "contact.full_name",
        "contact.company",
        "business.name",
        "agent.first_name",
        "reference.invoice_url",
        "text:see you: soon",
    ] {
        assert_eq!(Source::parse(text).unwrap().to_string(), text);
    }
    for bad in
        ["", "contact", "contact.shoe_size", "reference.", "reference.A B", "text:", "text: ", "text:a\nb"]
    {
        assert!(Source::parse(bad).unwrap_err().len() > 10, "{bad:?}");
    }
    let mapping = json!({"header_media_id": null, "vars": {"1": {"source": "contact.first_name", "fallback": "friend"},
        "2": "business.name"}, "buttons": {"0": "reference.ref"}});
    let read: Mapping = serde_json::from_value(mapping.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), mapping);
    assert!(serde_json::from_value::<Slot>(json!({"source": "business.name", "fallback": "a\tb"})).is_err());
    let parts = Components::parse(&body("{{1}} {{3}}"));
    assert_eq!(read.strangers(&parts), ["2", "button 0"]);
    assert_eq!(read.missing(&parts), ["3"]);
}

#[test]
fn the_list_wins_unless_a_webhook_was_later() {
    let known = template(body("Hi"), json!({}));
    let listed = |status| Listed {
        provider_id: None,
        name: known.name.clone(),
        language: known.language.clone(),
        category: known.category.clone(),
        status,
        quality: Quality::Unknown,
        components: known.components.clone(),
    };
    let (before, began, after) = (Timestamp(1), Timestamp(2), Timestamp(3));
    assert_eq!(known.listed(&listed(TemplateStatus::Approved), before, began), None);
    let paused = known.listed(&listed(TemplateStatus::Paused), before, began).unwrap();
    assert_eq!(paused.status, TemplateStatus::Paused);
    assert_eq!(known.listed(&listed(TemplateStatus::Paused), after, began), None);
    let removed = Template { status: TemplateStatus::Removed, ..known.clone() };
    let back = removed.listed(&listed(TemplateStatus::Approved), after, began).unwrap();
    assert_eq!(back.status, TemplateStatus::Approved, "a template that is back is back");
}

#[test]
fn s4_14_the_contacts_language_then_the_businesss_then_the_first() {
    let languages = ["de", "en_GB", "en_US", "pt_BR"];
    for (contact, business, picked) in [
        (Some("de_AT"), Some("en_GB"), "de"),
        (Some("en-us"), Some("de"), "en_US"),
        (Some("en"), Some("de"), "en_GB"),
        (Some("fr"), Some("en_US"), "en_US"),
        (None, Some("pt_PT"), "pt_BR"),
        (Some("fr"), Some("it"), "de"),
        (None, None, "de"),
    ] {
        assert_eq!(language::pick(languages, contact, business), Some(picked), "{contact:?} {business:?}");
    }
    assert_eq!(language::pick([], None, None), None);
    let one = |id: i64, name: &str, language: &str| Template {
        id: TemplateId(id),
        name: name.to_owned(),
        language: language.to_owned(),
        ..template(body("Hi"), json!({}))
    };
    let mut all = vec![
        one(1, "welcome", "de"),
        one(2, "order", "de"),
        one(3, "welcome", "en_GB"),
        one(4, "welcome", "en"),
    ];
    language::order(&mut all, None, language::of_country("GB"));
    let ids: Vec<i64> = all.iter().map(|one| one.id.0).collect();
    assert_eq!(ids, [2, 3, 4, 1]);
    assert_eq!(language::of_country("de"), Some("de"));
    assert_eq!(language::of_country("CH"), None);
}

#[test]
fn s2_05_placeholders_are_known_filled_and_never_sent() {
    let text = "Hi [contact-firstname] of [contact-company], [agent-firstname] from [business-name] [1] [Sic] [contact-firstname]";
    assert_eq!(placeholder::unknown(text), Vec::<String>::new());
    assert_eq!(
        placeholder::unknown("[contact-fristname] [link] [not one] [x"),
        ["contact-fristname", "link"]
    );
    let jo = facts("Jo Bloggs", false);
    let resolved = placeholder::resolve(text, &jo);
    assert_eq!(resolved, "Hi Jo of [contact-company], Ann from Bean & Leaf [1] [Sic] Jo");
    assert_eq!(placeholder::unresolved(&resolved), ["contact-company"]);
    let nameless = placeholder::resolve("Hi [contact-firstname] [contact-lastname]", &facts("Unknown", true));
    assert_eq!(nameless, "Hi there [contact-lastname]");
    let of_text = placeholder::of_text(text, &jo);
    let values: Vec<(&str, Option<&str>)> = of_text.iter().map(|p| (p.key, p.value.as_deref())).collect();
    assert_eq!(
        values,
        [
            ("contact-firstname", Some("Jo")),
            ("contact-company", None),
            ("business-name", Some("Bean & Leaf")),
            ("agent-firstname", Some("Ann")),
        ]
    );
    assert_eq!(placeholder::resolve("a [ b ]] [[business-name]", &jo), "a [ b ]] [Bean & Leaf");
}
