//! Every route of the program, once.

use crate::api::{
    access, assignment, audit, business, channels, consent, conversations, groups, hours, inbox, media,
    messages, read, search, session, setup, status, team, timeline,
};
use crate::error::{bad_json, bad_path, bad_query, no_route};
use crate::hooks::{sms, whatsapp};
use crate::sockets::{agent, visitor};
use crate::{assets, files, health, limits, openapi, permits, widget};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// What the OpenAPI document knows.
pub fn documented(config: &mut ServiceConfig<'_>) {
    config
        // The busiest first: addresses are tried in this order.
        .service(whatsapp::receive_whatsapp_hook)
        .service(whatsapp::verify_whatsapp_hook)
        .service(sms::receive_sms_hook)
        .service(sms::receive_sms_query)
        .service(
            scope("/api/v1")
                .wrap(from_fn(permits::check))
                .wrap(Compress::default())
                .configure(api)
                .default_service(web::to(no_route)),
        )
        .service(agent::agent_socket)
        .service(visitor::visitor_socket)
        .service(widget::get_loader)
        .service(widget::get_frame)
        .service(widget::get_widget_asset)
        .service(widget::upload_visitor_media)
        .service(widget::download_visitor_media)
        .service(files::download_by_link)
        .service(health::is_live)
        .service(health::is_ready)
        .service(health::metrics_text);
}

fn api(config: &mut ServiceConfig<'_>) {
    config
        .service(setup::get_setup)
        .service(setup::finish_setup)
        .service(session::sign_in)
        .service(session::get_session)
        .service(session::sign_out)
        .service(business::get_business)
        .service(business::change_business)
        .service(audit::list_audit)
        .service(groups::list_groups)
        .service(groups::create_group)
        .service(groups::change_group)
        .service(groups::archive_group)
        .service(groups::restore_group)
        .service(team::list_members)
        .service(team::get_team)
        .service(team::set_team)
        .service(team::get_nav)
        .service(hours::get_business_hours)
        .service(hours::set_business_hours)
        .service(hours::get_group_hours)
        .service(hours::set_group_hours)
        .service(consent::get_consent)
        .service(consent::set_consent)
        .service(access::get_access)
        .service(access::set_access)
        .service(channels::list_channels)
        .service(channels::create_channel)
        .service(inbox::get_counts)
        .service(search::search)
        .service(conversations::list_conversations)
        .service(conversations::get_conversation)
        .service(timeline::get_timeline)
        .service(messages::send_message)
        .service(messages::retry_message)
        .service(messages::cancel_message)
        .service(assignment::attend_conversation)
        .service(assignment::assign_conversation)
        .service(assignment::unassign_conversation)
        .service(status::close_conversation)
        .service(status::reopen_conversation)
        .service(read::mark_read)
        .service(media::upload_media)
        .service(media::download_media);
}

/// How extractors refuse, the document itself, and the app for every other address.
pub fn rest(config: &mut web::ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(limits::JSON).error_handler(bad_json))
        .app_data(web::PathConfig::default().error_handler(bad_path))
        .app_data(web::QueryConfig::default().error_handler(bad_query))
        .service(openapi::get_document)
        .service(openapi::get_pages)
        .default_service(web::to(assets::app_or_nothing));
}
