//! The page at `/simulator`: phones a person can type on, a clock to push, switches for faults. Served by the product.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Responder};

use crate::simulator::Simulator;

mod api;
mod view;

/// Customers send files up to this size from the page.
const LARGEST_FILE: usize = 20 << 20;

/// Nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
                      media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The shop embeds the chat widget: its script, its frame and its connections.
const SHOP_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                           frame-src 'self'; connect-src 'self'; base-uri 'none'";

/// Mounts the page and its API below `/simulator`, and a shop with the chat widget at `/simulator/shop`.
///
/// There is no login: mount it only where the product listens on loopback.
pub fn configure(cfg: &mut ServiceConfig, sim: Simulator) {
    cfg.service(
        web::scope("/simulator")
            .app_data(Data::new(sim))
            .app_data(web::PayloadConfig::new(LARGEST_FILE))
            .route("", web::get().to(|| page(include_str!("page/assets/simulator.html"), POLICY)))
            .route("/", web::get().to(|| page(include_str!("page/assets/simulator.html"), POLICY)))
            .route("/shop", web::get().to(|| page(include_str!("page/assets/shop.html"), SHOP_POLICY)))
            .route(
                "/simulator.js",
                web::get().to(|| file("text/javascript", include_str!("page/assets/simulator.js"))),
            )
            .route(
                "/phone.js",
                web::get().to(|| file("text/javascript", include_str!("page/assets/phone.js"))),
            )
            .route(
                "/controls.js",
                web::get().to(|| file("text/javascript", include_str!("page/assets/controls.js"))),
            )
            .route(
                "/simulator.css",
                web::get().to(|| file("text/css", include_str!("page/assets/simulator.css"))),
            )
            .route("/shop.css", web::get().to(|| file("text/css", include_str!("page/assets/shop.css"))))
            .configure(api::routes),
    );
}

async fn page(html: &'static str, policy: &'static str) -> impl Responder {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("Content-Security-Policy", policy))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cache-Control", "no-cache"))
        .body(html)
}

async fn file(content_type: &'static str, text: &'static str) -> impl Responder {
    HttpResponse::Ok()
        .content_type(format!("{content_type}; charset=utf-8"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cache-Control", "no-cache"))
        .body(text)
}
