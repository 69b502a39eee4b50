//! Every table and column, as both databases have them: `migrations/` is the source, a test compares.

diesel::table! {
    meta (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    business (id) {
        id -> BigInt,
        name -> Text,
        country -> Text,
        time_zone -> Text,
        currency -> Nullable<Text>,
        settings -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    user_account (id) {
        id -> BigInt,
        business_id -> BigInt,
        first_name -> Text,
        last_name -> Text,
        email -> Text,
        role -> Text,
        status -> Text,
        password_hash -> Nullable<Text>,
        must_change_password -> Bool,
        locale -> Nullable<Text>,
        time_zone -> Nullable<Text>,
        last_seen_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        mobile -> Nullable<Text>,
        notify_enabled -> Bool,
        email_on_assignment -> Bool,
    }
}

diesel::table! {
    mail (id) {
        id -> BigInt,
        user_id -> Nullable<BigInt>,
        kind -> Text,
        state -> Text,
        letter -> Nullable<Binary>,
        attempt -> BigInt,
        due_at -> BigInt,
        detail -> Nullable<Text>,
        created_at -> BigInt,
        sent_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    access_link (id) {
        id -> BigInt,
        user_id -> BigInt,
        purpose -> Text,
        token_hash -> Binary,
        mail_id -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    second_factor (user_id) {
        user_id -> BigInt,
        secret -> Binary,
        confirmed -> Bool,
        last_step -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    recovery_code (user_id, code_hash) {
        user_id -> BigInt,
        code_hash -> Binary,
    }
}

diesel::table! {
    session (token_hash) {
        token_hash -> Binary,
        user_id -> BigInt,
        created_at -> BigInt,
        last_used_at -> BigInt,
        expires_at -> BigInt,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    team_group (id) {
        id -> BigInt,
        business_id -> BigInt,
        name -> Text,
        position -> BigInt,
        status -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        is_first -> Bool,
    }
}

diesel::table! {
    group_member (group_id, user_id) {
        group_id -> BigInt,
        user_id -> BigInt,
        role -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    channel (id) {
        id -> BigInt,
        business_id -> BigInt,
        group_id -> BigInt,
        kind -> Text,
        provider -> Text,
        address -> Text,
        name -> Text,
        status -> Text,
        credentials -> Nullable<Binary>,
        settings -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        phone -> Nullable<Text>,
        registration -> Text,
        reason_code -> Nullable<Text>,
        reason_detail -> Nullable<Text>,
        last_inbound_at -> Nullable<BigInt>,
        last_outbound_at -> Nullable<BigInt>,
        last_callback_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    contact (id) {
        id -> BigInt,
        business_id -> BigInt,
        kind -> Text,
        first_name -> Nullable<Text>,
        middle_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        display_name -> Text,
        name_is_placeholder -> Bool,
        profile_name -> Nullable<Text>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        status -> Text,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    identity (business_id, kind, value) {
        business_id -> BigInt,
        kind -> Text,
        value -> Text,
        owner_kind -> Text,
        owner_id -> BigInt,
        verified -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    conversation (id) {
        id -> BigInt,
        business_id -> BigInt,
        group_id -> BigInt,
        contact_id -> BigInt,
        number -> BigInt,
        status -> Text,
        owner_user_id -> Nullable<BigInt>,
        last_seq -> BigInt,
        version -> BigInt,
        ai_epoch -> BigInt,
        inbound_count -> BigInt,
        last_inbound_seq -> BigInt,
        last_inbound_provider_id -> Nullable<Text>,
        route_inbound_at -> Nullable<BigInt>,
        last_message_id -> Nullable<BigInt>,
        last_preview -> Nullable<Text>,
        last_direction -> Nullable<Text>,
        last_kind -> Nullable<Text>,
        last_status -> Nullable<Text>,
        last_message_at -> Nullable<BigInt>,
        waiting_since -> Nullable<BigInt>,
        last_activity_at -> BigInt,
        created_at -> BigInt,
        restricted -> Bool,
        snoozed_until -> Nullable<BigInt>,
        closed_at -> Nullable<BigInt>,
        closing_note -> Nullable<Text>,
        deleted_at -> Nullable<BigInt>,
        previous_id -> Nullable<BigInt>,
        erased_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    draft (conversation_id, user_id) {
        conversation_id -> BigInt,
        user_id -> BigInt,
        body -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    conversation_assignee (conversation_id, user_id) {
        conversation_id -> BigInt,
        user_id -> BigInt,
        position -> BigInt,
        is_owner -> Bool,
        is_open -> Bool,
    }
}

diesel::table! {
    conversation_route (conversation_id, channel_id, address) {
        conversation_id -> BigInt,
        channel_id -> BigInt,
        address -> Text,
        position -> BigInt,
        last_inbound_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    care_window (channel_id, address) {
        channel_id -> BigInt,
        address -> Text,
        last_inbound_at -> BigInt,
    }
}

diesel::table! {
    message (id) {
        id -> BigInt,
        conversation_id -> BigInt,
        seq -> BigInt,
        channel_id -> BigInt,
        direction -> Text,
        kind -> Text,
        sender_kind -> Text,
        sender_id -> Nullable<BigInt>,
        sender_name -> Nullable<Text>,
        body -> Text,
        extra -> Nullable<Text>,
        client_id -> Nullable<Text>,
        provider_message_id -> Nullable<Text>,
        reply_to -> Nullable<Text>,
        status -> Nullable<Text>,
        failure_code -> Nullable<Text>,
        failure_detail -> Nullable<Text>,
        attempt -> BigInt,
        at -> BigInt,
        sent_at -> Nullable<BigInt>,
        delivered_at -> Nullable<BigInt>,
        read_at -> Nullable<BigInt>,
        failed_at -> Nullable<BigInt>,
        hold_reason -> Nullable<Text>,
        release_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    media (id) {
        id -> BigInt,
        business_id -> BigInt,
        message_id -> Nullable<BigInt>,
        position -> BigInt,
        uploader_kind -> Nullable<Text>,
        uploader_id -> Nullable<BigInt>,
        kind -> Text,
        file_name -> Nullable<Text>,
        mime -> Text,
        size -> Nullable<BigInt>,
        sha256 -> Nullable<Text>,
        storage_key -> Nullable<Text>,
        remote_reference -> Nullable<Text>,
        state -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    event (position) {
        position -> BigInt,
        conversation_id -> BigInt,
        seq -> BigInt,
        kind -> Text,
        at -> BigInt,
        message_id -> Nullable<BigInt>,
        data -> Nullable<Text>,
    }
}

diesel::table! {
    read_state (conversation_id, user_id) {
        conversation_id -> BigInt,
        user_id -> BigInt,
        last_read_seq -> BigInt,
        read_inbound_count -> BigInt,
        forced_unread -> Bool,
    }
}

diesel::table! {
    outbox (message_id) {
        message_id -> BigInt,
        channel_id -> BigInt,
        conversation_id -> BigInt,
        state -> Text,
        attempt -> BigInt,
        due_at -> BigInt,
        claimed_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    pending_receipt (channel_id, provider_message_id, status) {
        channel_id -> BigInt,
        provider_message_id -> Text,
        status -> Text,
        at -> BigInt,
        failure_code -> Nullable<Text>,
        failure_detail -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    consent (contact_id, channel_kind, channel_id, topic) {
        contact_id -> BigInt,
        channel_kind -> Text,
        channel_id -> BigInt,
        topic -> Text,
        state -> Text,
        source -> Text,
        evidence -> Nullable<Text>,
        at -> BigInt,
    }
}

diesel::table! {
    email_consent (contact_id) {
        contact_id -> BigInt,
        state -> Text,
        source -> Text,
        evidence -> Nullable<Text>,
        at -> BigInt,
    }
}

diesel::table! {
    email_announcement (id) {
        id -> BigInt,
        business_id -> BigInt,
        channel_id -> BigInt,
        client_id -> Text,
        subject -> Text,
        body -> Text,
        created_by -> BigInt,
        created_at -> BigInt,
        stopped_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    email_recipient (announcement_id, contact_id) {
        announcement_id -> BigInt,
        contact_id -> BigInt,
        state -> Text,
        reason -> Nullable<Text>,
        detail -> Nullable<Text>,
        mail_id -> Nullable<BigInt>,
        attempt -> BigInt,
        due_at -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    business_hours (business_id, group_id) {
        business_id -> BigInt,
        group_id -> BigInt,
        schedule -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    quarantine (id) {
        id -> BigInt,
        source -> Text,
        conversation_id -> Nullable<BigInt>,
        payload -> Text,
        error -> Text,
        tries -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    inbox_count (group_id, user_id, list) {
        group_id -> BigInt,
        user_id -> BigInt,
        list -> Text,
        total -> BigInt,
    }
}

diesel::table! {
    search_pending (id) {
        id -> BigInt,
        contact_id -> BigInt,
    }
}

diesel::table! {
    contact_visibility (contact_id, user_id) {
        contact_id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    conversation_visibility (conversation_id, user_id) {
        conversation_id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        business_id -> BigInt,
        at -> BigInt,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_name -> Text,
        action -> Text,
        target_kind -> Nullable<Text>,
        target_id -> Nullable<Text>,
        group_id -> Nullable<BigInt>,
        outcome -> Text,
        detail -> Nullable<Text>,
        ip -> Nullable<Text>,
    }
}

diesel::table! {
    template (id) {
        id -> BigInt,
        business_id -> BigInt,
        channel_id -> BigInt,
        provider_id -> Nullable<Text>,
        name -> Text,
        language -> Text,
        category -> Text,
        status -> Text,
        quality -> Text,
        components -> Text,
        mapping -> Text,
        invoice_only -> Bool,
        status_at -> BigInt,
        synced_at -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    saved_reply (id) {
        id -> BigInt,
        business_id -> BigInt,
        group_id -> Nullable<BigInt>,
        name -> Text,
        body -> Text,
        media_ids -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    photo (id) {
        id -> BigInt,
        business_id -> BigInt,
        group_id -> BigInt,
        media_id -> BigInt,
        name -> Text,
        reference -> Nullable<Text>,
        created_by -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    broadcast (id) {
        id -> BigInt,
        business_id -> BigInt,
        group_id -> BigInt,
        channel_id -> BigInt,
        name -> Text,
        body -> Text,
        template_id -> Nullable<BigInt>,
        vars -> Text,
        client_id -> Text,
        state -> Text,
        created_by -> BigInt,
        created_by_name -> Text,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    broadcast_recipient (broadcast_id, contact_id) {
        broadcast_id -> BigInt,
        contact_id -> BigInt,
        state -> Text,
        reason -> Nullable<Text>,
        message_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    api_token (id) {
        id -> BigInt,
        business_id -> BigInt,
        user_id -> BigInt,
        name -> Text,
        scopes -> Text,
        token_hash -> Binary,
        hint -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    webhook (id) {
        id -> BigInt,
        business_id -> BigInt,
        user_id -> BigInt,
        url -> Text,
        events -> Text,
        secret -> Binary,
        enabled -> Bool,
        reason -> Nullable<Text>,
        position -> BigInt,
        failing_since -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    webhook_delivery (id) {
        id -> BigInt,
        webhook_id -> BigInt,
        event -> Text,
        conversation_id -> Nullable<BigInt>,
        position -> Nullable<BigInt>,
        state -> Text,
        attempt -> BigInt,
        due_at -> BigInt,
        answer -> Nullable<BigInt>,
        problem -> Nullable<Text>,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    api_token,
    webhook,
    webhook_delivery,
    meta,
    business,
    user_account,
    session,
    team_group,
    group_member,
    channel,
    contact,
    identity,
    conversation,
    conversation_assignee,
    conversation_route,
    care_window,
    message,
    media,
    event,
    read_state,
    outbox,
    pending_receipt,
    consent,
    email_consent,
    email_announcement,
    email_recipient,
    business_hours,
    quarantine,
    inbox_count,
    search_pending,
    contact_visibility,
    conversation_visibility,
    audit,
    draft,
    mail,
    access_link,
    second_factor,
    recovery_code,
    template,
    saved_reply,
    photo,
    broadcast,
    broadcast_recipient,
);

diesel::allow_columns_to_appear_in_same_group_by_clause!(
    broadcast_recipient::state,
    broadcast_recipient::reason,
    message::status,
);
