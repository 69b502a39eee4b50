//! What a group keeps to send.

use super::media;

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

diesel::allow_tables_to_appear_in_same_query!(photo, media);
