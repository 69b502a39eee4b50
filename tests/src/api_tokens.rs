//! Other programs that come in with a token: as far as its scopes go, and no further than whoever made it.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::socket::Socket;
use crate::world::{HTTP, Kind, World};
use serde_json::{Value, json};
use switchboard_engine::permission::{Gate, ROUTES, Scope};

both!(
    d_17_a_token_goes_as_far_as_its_scopes,
    d_17_a_token_acts_for_its_maker_and_no_further,
    d_17_a_revoked_token_is_refused_at_once,
    d_17_a_token_has_so_many_calls_a_minute,
);

const TOKENS: &str = "/api/v1/tokens";

/// A program with a token: no cookie, no page, no `Origin`.
struct Program {
    url: String,
    secret: String,
    id: String,
}

impl Program {
    async fn of(by: &Agent, name: &str, scopes: &[String]) -> Self {
        let made = by.post(TOKENS, json!({"name": name, "scopes": scopes})).await.expect(201);
        let secret = made["secret"].as_str().unwrap().to_owned();
        assert!(secret.starts_with("sbt_") && secret.ends_with(made["token"]["hint"].as_str().unwrap()));
        Self { url: by.url.clone(), secret, id: id(&made["token"]) }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        HTTP.request(method.parse().unwrap(), format!("{}{path}", self.url)).bearer_auth(&self.secret)
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("POST", path).json(&body)).await
    }

    /// Calls a route with ids that exist nowhere and no body worth the name.
    async fn knock(&self, method: &str, path: &str) -> Answer {
        let path = path.replace("{id}", "999").replace("{user_id}", "999").replace("{delivery_id}", "999");
        let request = self.request(method, &path);
        Answer::of(match (method, path.as_str()) {
            ("GET", _) => request,
            (_, "/api/v1/media") => request.multipart(reqwest::multipart::Form::new()),
            _ => request.json(&json!({})),
        })
        .await
    }
}

fn names(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}

/// Generated from the table of routes: with every scope but the one it needs a call is refused, with that one alone it is not.
/// To see it go red: let `Grant::lacks` answer `None`.
async fn d_17_a_token_goes_as_far_as_its_scopes(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let (mut refused, mut let_in, mut never) = (0, 0, 0);
    for scope in Scope::all() {
        let others: Vec<String> =
            Scope::all().into_iter().filter(|one| *one != scope).map(|one| one.to_string()).collect();
        let without = Program::of(&ada, &format!("all but {scope}"), &others).await;
        let only = Program::of(&ada, &format!("only {scope}"), &[scope.to_string()]).await;
        for route in ROUTES.iter().filter(|route| Scope::needed(route) == Some(scope)) {
            let what = format!("{} {}", route.method, route.path);
            let answer = without.knock(route.method, route.path).await;
            answer.refused(403, "scope_missing");
            assert_eq!(answer.json()["error"]["scope"], scope.to_string(), "{what}");
            let answer = only.knock(route.method, route.path).await;
            assert!(![401, 403].contains(&answer.status), "{what}: {}", answer.text());
            (refused, let_in) = (refused + 1, let_in + 1);
        }
    }
    let all: Vec<String> = Scope::all().iter().map(Scope::to_string).collect();
    let everything = Program::of(&ada, "everything", &all).await;
    for route in ROUTES.iter().filter(|route| route.gate != Gate::Public && Scope::needed(route).is_none()) {
        everything.knock(route.method, route.path).await.refused(403, "not_for_tokens");
        never += 1;
    }
    assert!(refused > 60 && let_in == refused && never > 20, "{refused} {never}");
    // Nobody was made, nothing was renamed by all that knocking.
    assert_eq!(ada.get("/api/v1/business").await.expect(200)["business"]["name"], "Bean & Leaf");
    let log = ada.get("/api/v1/audit?limit=200").await.expect(200).to_string();
    assert!(
        log.contains("(token all but conversations:read)") && log.contains("denied"),
        "who tried is written down: {log}"
    );
}

/// To see it go red: leave out the look at `visible_to`, or store the token itself.
async fn d_17_a_token_acts_for_its_maker_and_no_further(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    for agent in [&ann, &bob] {
        agent.get(TOKENS).await.refused(403, "forbidden");
        let wanted = json!({"name": "Mine", "scopes": ["conversations:read"]});
        agent.post(TOKENS, wanted).await.refused(403, "forbidden");
    }
    for (wanted, field) in [
        (json!({"name": " ", "scopes": ["audit:read"]}), "name"),
        (json!({"name": "N", "scopes": []}), "scopes"),
        (json!({"name": "N", "scopes": ["everything"]}), "scopes"),
        (json!({"name": "N", "scopes": ["audit:read"], "expires_at": "2020-01-01T00:00:00Z"}), "expires_at"),
    ] {
        let answer = ada.post(TOKENS, wanted).await;
        answer.refused(422, "validation");
        assert!(answer.json()["error"]["fields"][field].is_string(), "{}", answer.text());
    }
    let scopes = names(&["conversations:read", "messages:write", "settings:write"]);
    let program = Program::of(&ada, "Shop", &scopes).await;
    let phone = world.phone("+447700900121");
    phone.text("Where is my parcel?").await.unwrap();
    let seen = ann.conversation_with("+447700900121").await;
    let list = program.get("/api/v1/conversations?view=all&group_id=2").await.expect(200);
    assert_eq!(list["conversations"][0]["conversation"]["id"], seen["id"]);
    let messages = format!("/api/v1/conversations/{}/messages", id(&seen));
    let sent =
        program.post(&messages, json!({"client_id": "p1", "text": "It left today."})).await.expect(201);
    assert_eq!(sent["message"]["sender"]["name"], "Ada Tester");
    ann.status(&id(&seen), &id(&sent["message"]), "delivered").await;
    let renamed = program.request("PATCH", "/api/v1/business").json(&json!({"name": "Bean"}));
    Answer::of(renamed).await.expect(200);
    let log = ada.get("/api/v1/audit?action=open_settings").await.expect(200);
    let lines = log["entries"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["actor"]["name"] == "Ada Tester (token Shop)"), "{lines:?}");

    // What its maker may not know of does not exist for it either.
    let access = format!("/api/v1/contacts/{}/access", id(&seen["contact"]));
    ada.put(&access, json!({"visible_to": [ann.id]})).await.expect(200);
    ada.post(&format!("/api/v1/conversations/{}/close", id(&seen)), json!({})).await.expect(200);
    phone.text("For Ann only").await.unwrap();
    let hidden = ann.conversation_with("+447700900121").await;
    assert_ne!(hidden["id"], seen["id"]);
    let path = format!("/api/v1/conversations/{}", id(&hidden));
    program.get(&path).await.refused(404, "not_found");
    program.get(&format!("{path}/timeline")).await.refused(404, "not_found");
    let write = program.post(&format!("{path}/messages"), json!({"client_id": "p2", "text": "Hi"})).await;
    write.refused(404, "not_found");
    for path in ["/api/v1/conversations?view=all&group_id=2", "/api/v1/search?q=Ann%20only"] {
        let found = program.get(path).await.expect(200).to_string();
        assert!(!found.contains(&id(&hidden)), "{found}");
    }

    // It opens no socket, and nobody can read it again.
    let bearer = HTTP.get(format!("{}/ws/agent", world.server.url)).bearer_auth(&program.secret);
    let bearer = bearer.header("origin", &world.server.url);
    assert_eq!(Answer::of(bearer).await.status, 401);
    assert!(Socket::open(&world.server.url, "/ws/agent", Some(&world.server.url), None).await.is_err());
    let listed = ada.get(TOKENS).await.expect(200);
    assert!(!listed.to_string().contains(&program.secret));
    assert!(listed["tokens"][0]["last_used_at"].is_string(), "{listed}");
    assert!(!world.dump().contains(&program.secret), "only its hash is stored");
    its_maker_falls(&ada, &bob).await;
}

/// A token falls with whoever made it: demoted, deactivated.
async fn its_maker_falls(ada: &Agent, bob: &Agent) {
    let user = format!("/api/v1/users/{}", bob.id);
    let role = |role: &str| json!({"role": role});
    ada.patch(&user, role("admin")).await.expect(200);
    let of_bob = Program::of(bob, "Bob's", &names(&["team:read"])).await;
    of_bob.get("/api/v1/users").await.expect(200);
    ada.patch(&user, role("agent")).await.expect(200);
    of_bob.get("/api/v1/users").await.refused(403, "forbidden");
    of_bob.get("/api/v1/groups").await.expect(200);
    ada.post(&format!("{user}/deactivate"), json!({})).await.expect(200);
    of_bob.get("/api/v1/groups").await.refused(401, "not_signed_in");
}

/// To see it go red: leave out `tokens.forget`.
async fn d_17_a_revoked_token_is_refused_at_once(kind: Kind) {
    let mut world = World::start(kind).await;
    let ada = world.ada().await;
    let all = "/api/v1/conversations?view=all&group_id=2";
    let program = Program::of(&ada, "Shop", &names(&["conversations:read"])).await;
    program.get(all).await.expect(200);
    world.restart().await;
    program.get(all).await.expect(200);
    let path = format!("{TOKENS}/{}", program.id);
    assert_eq!(ada.delete(&path).await.status, 204);
    program.get(all).await.refused(401, "not_signed_in");
    ada.delete(&path).await.refused(404, "not_found");
    assert_eq!(ada.get(TOKENS).await.expect(200)["tokens"], json!([]));

    // Its time ends it, too, and what is no token opens nothing: not even with a good cookie beside it.
    let program = Program::of(&ada, "Brief", &names(&["conversations:read"])).await;
    world.database.run("UPDATE api_token SET expires_at = 1000000");
    program.get(all).await.refused(401, "not_signed_in");
    for wrong in ["sbt_nonsense", "nonsense", &program.secret[4..]] {
        let answer = Answer::of(ada.request("GET", all).bearer_auth(wrong)).await;
        answer.refused(401, "not_signed_in");
    }
    // A proxy that wants a password of its own is not our business.
    assert_eq!(Answer::of(ada.request("GET", all).basic_auth("proxy", Some("secret"))).await.status, 200);
    let log = ada.get("/api/v1/audit?action=open_settings").await.expect(200).to_string();
    assert!(log.contains("\"created\"") && log.contains("\"revoked\""), "{log}");
    assert!(!log.contains("sbt_"));
}

async fn d_17_a_token_has_so_many_calls_a_minute(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let scopes = names(&["team:read"]);
    let (busy, other) = (Program::of(&ada, "Busy", &scopes).await, Program::of(&ada, "Other", &scopes).await);
    for _ in 0..switchboard_web::bearer::PER_MINUTE {
        assert_eq!(busy.get("/api/v1/groups").await.status, 200);
    }
    let answer = busy.get("/api/v1/groups").await;
    answer.refused(429, "rate_limited");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(other.get("/api/v1/groups").await.status, 200, "each has its own");
    assert_eq!(ada.get("/api/v1/groups").await.status, 200);
}
