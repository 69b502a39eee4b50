//! Where a WhatsApp channel's requests go and how they prove who we are: all that differs between Meta and 360dialog.

use crate::channels::HttpCall;

/// The line to a provider. Holds credentials: never log it, hence no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Transport {
    /// Meta's Cloud API, `https://graph.facebook.com`.
    CloudApi {
        base_url: String,
        /// "v23.0"
        api_version: String,
        phone_number_id: String,
        access_token: String,
    },
    /// 360dialog, `https://waba-v2.360dialog.io`; one key per number.
    Dialog360 { base_url: String, api_key: String },
}

impl Transport {
    /// Where messages, read marks and typing marks are posted.
    pub fn messages_url(&self) -> String {
        self.number_url("messages")
    }

    /// Where a file is uploaded as `multipart/form-data` with `messaging_product=whatsapp`, `type=<mime>` and `file`.
    pub fn media_upload_url(&self) -> String {
        self.number_url("media")
    }

    /// The header that proves who we are. Its value is a credential.
    pub fn auth_header(&self) -> (&'static str, String) {
        match self {
            Self::CloudApi { access_token, .. } => ("authorization", format!("Bearer {access_token}")),
            Self::Dialog360 { api_key, .. } => ("d360-api-key", api_key.clone()),
        }
    }

    /// Asks where a file is; the answer is read by [`super::outcome::media_info`].
    pub fn media_info_call(&self, media_id: &str) -> HttpCall {
        let id: String = form_urlencoded::byte_serialize(media_id.as_bytes()).collect();
        let url = match self {
            Self::CloudApi { phone_number_id, .. } => {
                format!("{}/{id}?phone_number_id={phone_number_id}", self.versioned_base())
            }
            Self::Dialog360 { .. } => format!("{}/{id}", self.versioned_base()),
        };
        self.get(url)
    }

    /// Fetches a file from the URL the provider named; it lives five minutes. 360dialog wants the same path on its own host.
    /// `None` when the URL is not on a host of the provider: our credential goes nowhere else.
    pub fn media_download_call(&self, url: &str) -> Option<HttpCall> {
        let (origin, path) = split_origin(url)?;
        match self {
            Self::CloudApi { base_url, .. } => {
                let ours = split_origin(base_url).is_some_and(|(base, _)| base.eq_ignore_ascii_case(origin));
                (ours || is_meta_host(origin)).then(|| self.get(url.to_owned()))
            }
            Self::Dialog360 { base_url, .. } => {
                Some(self.get(format!("{}{path}", base_url.trim_end_matches('/'))))
            }
        }
    }

    /// A `POST` of a JSON body.
    pub(super) fn post_json(&self, url: String, body: &serde_json::Value) -> HttpCall {
        let headers = vec![self.auth_header(), ("content-type", "application/json".to_owned())];
        HttpCall { method: "POST", url, headers, body: body.to_string().into_bytes() }
    }

    /// A `GET` below the provider's base.
    pub(super) fn get_path(&self, path: &str) -> HttpCall {
        self.get(format!("{}/{path}", self.versioned_base()))
    }

    fn get(&self, url: String) -> HttpCall {
        HttpCall { method: "GET", url, headers: vec![self.auth_header()], body: Vec::new() }
    }

    fn number_url(&self, resource: &str) -> String {
        match self {
            Self::CloudApi { phone_number_id, .. } => {
                format!("{}/{phone_number_id}/{resource}", self.versioned_base())
            }
            Self::Dialog360 { .. } => format!("{}/{resource}", self.versioned_base()),
        }
    }

    fn versioned_base(&self) -> String {
        match self {
            Self::CloudApi { base_url, api_version, .. } => {
                format!("{}/{api_version}", base_url.trim_end_matches('/'))
            }
            Self::Dialog360 { base_url, .. } => base_url.trim_end_matches('/').to_owned(),
        }
    }
}

/// "https://host:1/path?query" -> ("https://host:1", "/path?query").
fn split_origin(url: &str) -> Option<(&str, &str)> {
    let after_scheme = url.find("://")? + 3;
    let scheme = url.get(..after_scheme)?;
    if !scheme.eq_ignore_ascii_case("https://") && !scheme.eq_ignore_ascii_case("http://") {
        return None;
    }
    let rest = url.get(after_scheme..)?;
    let length = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    // A user part would let "https://fbcdn.net@evil.example" pass for Meta.
    if length == 0 || rest.get(..length)?.contains('@') {
        return None;
    }
    Some((url.get(..after_scheme + length)?, rest.get(length..)?))
}

fn is_meta_host(origin: &str) -> bool {
    const HOSTS: [&str; 5] = ["fbsbx.com", "fbcdn.net", "facebook.com", "whatsapp.net", "whatsapp.com"];
    let origin = origin.to_ascii_lowercase();
    let Some(host) = origin.strip_prefix("https://") else { return false };
    HOSTS
        .iter()
        .any(|ours| host.strip_suffix(ours).is_some_and(|left| left.is_empty() || left.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud() -> Transport {
        Transport::CloudApi {
            base_url: "https://graph.facebook.com/".to_owned(),
            api_version: "v23.0".to_owned(),
            phone_number_id: "106540352242922".to_owned(),
            access_token: "token".to_owned(),
        }
    }

    fn dialog() -> Transport {
        Transport::Dialog360 {
            base_url: "https://waba-v2.360dialog.io".to_owned(),
            api_key: "key".to_owned(),
        }
    }

    #[test]
    fn addresses_and_proofs_per_provider() {
        assert_eq!(cloud().messages_url(), "https://graph.facebook.com/v23.0/106540352242922/messages");
        assert_eq!(cloud().media_upload_url(), "https://graph.facebook.com/v23.0/106540352242922/media");
        assert_eq!(cloud().auth_header(), ("authorization", "Bearer token".to_owned()));
        assert_eq!(dialog().messages_url(), "https://waba-v2.360dialog.io/messages");
        assert_eq!(dialog().media_upload_url(), "https://waba-v2.360dialog.io/media");
        assert_eq!(dialog().auth_header(), ("d360-api-key", "key".to_owned()));
        let info = cloud().media_info_call("../me");
        assert_eq!(info.url, "https://graph.facebook.com/v23.0/..%2Fme?phone_number_id=106540352242922");
        assert_eq!(dialog().media_info_call("12").url, "https://waba-v2.360dialog.io/12");
    }

    #[test]
    fn a_file_is_fetched_from_the_providers_hosts_only() {
        let lookaside = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&ext=2&hash=3";
        let url = |transport: Transport, url: &str| transport.media_download_call(url).map(|call| call.url);
        assert_eq!(url(cloud(), lookaside).unwrap(), lookaside);
        let moved = "https://waba-v2.360dialog.io/whatsapp_business/attachments/?mid=1&ext=2&hash=3";
        assert_eq!(url(dialog(), lookaside).unwrap(), moved);
        assert_eq!(url(dialog(), "https://evil.example/x").unwrap(), "https://waba-v2.360dialog.io/x");
        for evil in [
            "http://lookaside.fbsbx.com/x",
            "https://notfbsbx.com/x",
            "https://fbsbx.com.evil.example/x",
            "https://fbsbx.com@evil.example/x",
            "https://evil.example\\.fbsbx.com/",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(url(cloud(), evil), None, "{evil}");
        }
        assert!(url(cloud(), "https://graph.facebook.com/v23.0/file").is_some());
    }
}
