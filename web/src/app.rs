//! Every route of the program, once.

use crate::api::{
    access, announcements, assignment, audit, broadcasts, bulk, business, channels, consent, contacts,
    conversations, drafts, emails, groups, hours, inbox, links, me, media, messages, photos, read, replies,
    search, second_factor, session, sessions, setup, start, status, team, templates, timeline, tokens,
    transcripts, users, webhooks,
};
use crate::error::{bad_path, bad_query, no_route};
use crate::hooks::{probe, sms, whatsapp};
use crate::sockets::{agent, visitor};
use crate::{assets, files, health, openapi, permits, unsubscribe, widget};
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
        .service(probe::answer_probe)
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
        .service(widget::download_transcript)
        .service(files::download_by_link)
        .service(unsubscribe::ask_unsubscribe)
        .service(unsubscribe::unsubscribe)
        .service(health::is_live)
        .service(health::is_ready)
        .service(health::metrics_text);
}

fn api(config: &mut ServiceConfig<'_>) {
    team_and_settings(config);
    programs(config);
    conversations_and_search(config);
}

fn team_and_settings(config: &mut ServiceConfig<'_>) {
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
        .service(contacts::erase_contact)
        .service(emails::export_emails)
        .service(emails::get_email_consent)
        .service(emails::set_email_consent)
        .service(access::get_access)
        .service(access::set_access)
        .service(links::forgot_password)
        .service(links::reset_password)
        .service(links::look_at_invitation)
        .service(links::accept_invitation)
        .service(me::get_me)
        .service(me::change_me)
        .service(me::change_password)
        .service(sessions::list_sessions)
        .service(sessions::end_session)
        .service(sessions::end_other_sessions)
        .service(second_factor::begin_second_factor)
        .service(second_factor::confirm_second_factor)
        .service(second_factor::remove_second_factor)
        .service(users::list_users)
        .service(users::create_user)
        .service(users::change_user)
        .service(users::invite_again)
        .service(users::deactivate_user)
        .service(users::activate_user)
        .service(channels::list_channels)
        .service(channels::connect::check_new_channel)
        .service(channels::connect::create_channel)
        .service(channels::find_channel)
        .service(channels::change::update_channel)
        .service(channels::change::move_channel)
        .service(channels::condition::check_channel)
        .service(channels::condition::disconnect_channel)
        .service(channels::condition::reconnect_channel)
        .service(channels::widget::configure_widget)
        .service(channels::widget::make_identity_secret)
        .service(announcements::list_announcements)
        .service(announcements::announce)
        .service(announcements::mail_sample)
        .service(announcements::get_announcement)
        .service(announcements::list_recipients)
        .service(announcements::stop_announcement);
}

fn programs(config: &mut ServiceConfig<'_>) {
    config
        .service(tokens::list_tokens)
        .service(tokens::create_token)
        .service(tokens::revoke_token)
        .service(webhooks::list_webhooks)
        .service(webhooks::create_webhook)
        .service(webhooks::change_webhook)
        .service(webhooks::delete_webhook)
        .service(webhooks::renew_secret)
        .service(webhooks::deliveries::ping_webhook)
        .service(webhooks::deliveries::list_deliveries)
        .service(webhooks::deliveries::resend_delivery);
}

fn conversations_and_search(config: &mut ServiceConfig<'_>) {
    config
        .service(inbox::get_counts)
        .service(search::search)
        .service(conversations::list_conversations)
        .service(start::start_conversation)
        .service(start::find_recipient)
        .service(bulk::change_conversations)
        .service(conversations::get_conversation)
        .service(timeline::get_timeline)
        .service(transcripts::export_transcript)
        .service(messages::send_message)
        .service(messages::add_note)
        .service(drafts::get_draft)
        .service(drafts::set_draft)
        .service(drafts::delete_draft)
        .service(messages::retry_message)
        .service(messages::cancel_message)
        .service(assignment::attend_conversation)
        .service(assignment::assign_conversation)
        .service(assignment::unassign_conversation)
        .service(assignment::add_assignee)
        .service(assignment::remove_assignee)
        .service(status::close_conversation)
        .service(status::reopen_conversation)
        .service(status::snooze_conversation)
        .service(status::unsnooze_conversation)
        .service(status::delete_conversation)
        .service(status::restore_conversation)
        .service(read::mark_read)
        .service(templates::list_templates)
        .service(templates::sync_templates)
        .service(templates::map_template)
        .service(templates::pick_template)
        .service(templates::pick_first_template)
        .service(replies::list_replies)
        .service(replies::create_reply)
        .service(replies::update_reply)
        .service(replies::delete_reply)
        .service(broadcasts::list_broadcasts)
        .service(broadcasts::send_broadcast)
        .service(broadcasts::get_broadcast)
        .service(broadcasts::cancel_broadcast)
        .service(photos::list_photos)
        .service(photos::add_photo)
        .service(photos::delete_photo)
        .service(media::upload_media)
        .service(media::download_media)
        .service(media::link_media)
        .service(media::retry_media);
}

/// How extractors refuse, the document itself, and the app for every other address.
pub fn rest(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PathConfig::default().error_handler(bad_path))
        .app_data(web::QueryConfig::default().error_handler(bad_query))
        .service(openapi::get_document)
        .service(openapi::get_pages)
        .default_service(web::to(assets::app_or_nothing));
}
