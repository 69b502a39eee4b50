//! The demo's published ids and secrets, and how to post a webhook by hand with them.

use switchboard_simulator::{hub_signature, twilio_signature, vonage_signature};

pub const PASSWORD: &str = "switchboard-demo";

pub struct Cloud {
    pub channel: i64,
    pub phone_number_id: &'static str,
    pub waba_id: &'static str,
    pub number: &'static str,
    pub access_token: &'static str,
    pub app_secret: &'static str,
    pub verify_token: &'static str,
}

/// WhatsApp straight from Meta.
pub const CLOUD: Cloud = Cloud {
    channel: 1,
    phone_number_id: "106540352242922",
    waba_id: "102290129340398",
    number: "+442079460001",
    access_token: "demo-access-token",
    app_secret: "demo-app-secret",
    verify_token: "demo-verify-token",
};

pub struct Dialog360 {
    pub channel: i64,
    pub phone_number_id: &'static str,
    pub number: &'static str,
    pub api_key: &'static str,
    pub header: &'static str,
    pub webhook_secret: &'static str,
}

/// WhatsApp through 360dialog.
pub const DIALOG360: Dialog360 = Dialog360 {
    channel: 2,
    phone_number_id: "360360360360360",
    number: "+442079460002",
    api_key: "demo-api-key",
    header: "x-switchboard-secret",
    webhook_secret: "demo-webhook-secret",
};

pub struct Twilio {
    pub channel: i64,
    pub number: &'static str,
    pub account_sid: &'static str,
    pub auth_token: &'static str,
}

/// SMS.
pub const TWILIO: Twilio = Twilio {
    channel: 3,
    number: "+442079460003",
    account_sid: "AC00000000000000000000000000000001",
    auth_token: "demo-auth-token",
};

pub struct Vonage {
    pub channel: i64,
    pub number: &'static str,
    pub api_key: &'static str,
    pub api_secret: &'static str,
    pub signature_secret: &'static str,
}

/// SMS through Vonage; signs with HMAC-SHA256.
pub const VONAGE: Vonage = Vonage {
    channel: 5,
    number: "+442079460005",
    api_key: "demo-key",
    api_secret: "demo-secret",
    signature_secret: "demo-signature-secret",
};

pub struct Gateway {
    pub channel: i64,
    pub number: &'static str,
    pub token: &'static str,
    pub webhook_secret: &'static str,
}

/// SMS through a gateway that speaks plain HTTP.
pub const GATEWAY: Gateway = Gateway {
    channel: 6,
    number: "+442079460006",
    token: "demo-gateway-token",
    webhook_secret: "demo-gateway-secret",
};

pub struct Widget {
    pub channel: i64,
    pub key: &'static str,
}

/// The webchat.
pub const WIDGET: Widget = Widget { channel: 4, key: "demo-widget" };

/// Where to look first.
pub fn welcome(public_url: &str) -> String {
    format!(
        "The demo of Switchboard is at {public_url}\n\
         \x20 users      ada@demo.test (admin), ann@demo.test, bob@demo.test; password {PASSWORD}\n\
         \x20 phones     {public_url}/simulator\n\
         \x20 webchat    {public_url}/simulator/shop, widget key {}",
        WIDGET.key,
    )
}

/// What an operator needs to try every channel by hand.
pub fn explain(public_url: &str) -> String {
    let parts = [cloud, dialog360, twilio, vonage, gateway].map(|part| part(public_url));
    format!("{}\n\n{}", welcome(public_url), parts.join("\n"))
}

fn cloud(public_url: &str) -> String {
    let url = format!("{public_url}/hooks/whatsapp/{}", CLOUD.channel);
    let body = whatsapp_message(CLOUD.phone_number_id, CLOUD.number, "wamid.by-hand-1");
    let signature = hub_signature(CLOUD.app_secret, body.as_bytes());
    format!(
        "WhatsApp Cloud API, channel {}: app secret {}, verify token {}, phone number id {}\n\
         curl -i '{url}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={}'\n\
         curl -i '{url}' -H 'Content-Type: application/json' -H 'X-Hub-Signature-256: {signature}' \\\n  -d '{body}'\n\
         # any other body: SIGNATURE=$(printf %s \"$BODY\" | openssl dgst -sha256 -hmac {} -hex | sed 's/.* /sha256=/')\n",
        CLOUD.channel,
        CLOUD.app_secret,
        CLOUD.verify_token,
        CLOUD.phone_number_id,
        CLOUD.verify_token,
        CLOUD.app_secret,
    )
}

fn dialog360(public_url: &str) -> String {
    let url = format!("{public_url}/hooks/whatsapp/{}", DIALOG360.channel);
    let body = whatsapp_message(DIALOG360.phone_number_id, DIALOG360.number, "wamid.by-hand-2");
    format!(
        "WhatsApp through 360dialog, channel {}: header {}: {}\n\
         curl -i '{url}' -H 'Content-Type: application/json' -H '{}: {}' \\\n  -d '{body}'\n",
        DIALOG360.channel,
        DIALOG360.header,
        DIALOG360.webhook_secret,
        DIALOG360.header,
        DIALOG360.webhook_secret,
    )
}

fn twilio(public_url: &str) -> String {
    let url = format!("{public_url}/hooks/sms/{}", TWILIO.channel);
    let fields = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("AccountSid", TWILIO.account_sid),
        ("From", "+447400123456"),
        ("To", TWILIO.number),
        ("Body", "Hello by SMS"),
        ("NumMedia", "0"),
    ];
    let owned: Vec<(String, String)> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let signature = twilio_signature(TWILIO.auth_token, &url, &owned);
    let form = fields
        .iter()
        .fold(String::new(), |form, (name, value)| format!("{form} --data-urlencode '{name}={value}'"));
    format!(
        "SMS through Twilio, channel {}: account {}, auth token {}, number {}\n\
         curl -i '{url}' -H 'X-Twilio-Signature: {signature}' \\\n {form}\n",
        TWILIO.channel, TWILIO.account_sid, TWILIO.auth_token, TWILIO.number,
    )
}

fn vonage(public_url: &str) -> String {
    let url = format!("{public_url}/hooks/sms/{}", VONAGE.channel);
    let fields = [
        ("msisdn", "447400123456"),
        ("to", VONAGE.number.trim_start_matches('+')),
        ("messageId", "0A00000000000001"),
        ("text", "Hello by Vonage"),
        ("type", "text"),
    ];
    let mut owned: Vec<(String, String)> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    owned.push(("sig".to_owned(), vonage_signature(VONAGE.signature_secret, &owned)));
    let form = owned
        .iter()
        .fold(String::new(), |form, (name, value)| format!("{form} --data-urlencode '{name}={value}'"));
    format!(
        "SMS through Vonage, channel {}: key {}, secret {}, signature secret {} (sha256), number {}\n\
         curl -i '{url}' \\\n {form}\n",
        VONAGE.channel, VONAGE.api_key, VONAGE.api_secret, VONAGE.signature_secret, VONAGE.number,
    )
}

fn gateway(public_url: &str) -> String {
    let url = format!("{public_url}/hooks/sms/{}", GATEWAY.channel);
    let body = serde_json::json!({"id": "by-hand-1", "from": "+447400123456", "to": GATEWAY.number,
        "text": "Hello by gateway"});
    format!(
        "SMS through an HTTP gateway, channel {}: token {}, number {}\n\
         curl -i '{url}' -H 'Content-Type: application/json' -H 'x-switchboard-secret: {}' \\\n  -d '{body}'\n",
        GATEWAY.channel, GATEWAY.token, GATEWAY.number, GATEWAY.webhook_secret,
    )
}

fn whatsapp_message(phone_number_id: &str, number: &str, id: &str) -> String {
    let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    let display = number.trim_start_matches('+');
    serde_json::json!({"object": "whatsapp_business_account", "entry": [{"id": CLOUD.waba_id, "changes": [{"field": "messages",
        "value": {"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": display, "phone_number_id": phone_number_id},
            "contacts": [{"profile": {"name": "Jo"}, "wa_id": "447400123456"}],
            "messages": [{"from": "447400123456", "id": id, "timestamp": at.to_string(), "type": "text",
                "text": {"body": "Hello by hand"}}]}}]}]})
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_engine::channels::{sms, whatsapp};

    #[test]
    fn the_printed_signatures_are_right() {
        let body = whatsapp_message(CLOUD.phone_number_id, CLOUD.number, "wamid.x");
        let header = hub_signature(CLOUD.app_secret, body.as_bytes());
        assert!(whatsapp::signature::verify(CLOUD.app_secret, Some(&header), body.as_bytes()));
        let text = explain("http://127.0.0.1:8080");
        let signature = text.split("X-Twilio-Signature: ").nth(1).unwrap().split('\'').next().unwrap();
        let form = "MessageSid=SM00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001\
            &From=%2B447400123456&To=%2B442079460003&Body=Hello%20by%20SMS&NumMedia=0";
        let url = "http://127.0.0.1:8080/hooks/sms/3";
        let kind = "application/x-www-form-urlencoded";
        assert!(sms::signature::verify(TWILIO.auth_token, Some(signature), url, form.as_bytes(), kind));
    }

    #[test]
    fn the_printed_form_of_vonage_is_right() {
        let text = explain("http://127.0.0.1:8080");
        let part = text.split("SMS through Vonage").nth(1).unwrap().split("\n\n").next().unwrap();
        let pairs = part.split("--data-urlencode '").skip(1).map(|pair| pair.split('\'').next().unwrap());
        let form: Vec<String> = pairs.map(|pair| pair.replace(' ', "+")).collect();
        let kind = "application/x-www-form-urlencoded";
        let params = sms::vonage::params::Params::read("", kind, form.join("&").as_bytes()).unwrap();
        let method = sms::vonage::signature::Method::Sha256;
        assert!(sms::vonage::signature::verify(VONAGE.signature_secret, method, &params), "{part}");
    }
}
