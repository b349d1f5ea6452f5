//! New tags for unchanged rows, for an upgrade.

use ats_pat_domain::port::{Retagged, RowKey, StoreError};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::channel::Channel;
use crate::entity::{
    directory_group, identity, operator_key, policy, secret, session, setup_link, signing_key,
    status_place, token, user,
};
use crate::failure::store_error;

/// The one row of the set-up link, and of the policy.
const ONLY: i32 = 1;

macro_rules! retag {
    ($channel:expr, $retagged:expr, $entity:ident, $key_id:ident, $($key:ident = $value:expr),+) => {{
        let Retagged { was, tag, .. } = $retagged;
        $entity::Entity::update_many()
            .col_expr($entity::Column::Tag, Expr::val(tag.bytes.clone()))
            .col_expr($entity::Column::$key_id, Expr::val(tag.key_id.0))
            $(.filter($entity::Column::$key.eq($value)))+
            .filter($entity::Column::Tag.eq(was.clone()))
            .exec($channel)
            .await
            .map_err(store_error)
            .map(drop)
    }};
}

/// Gives the row its tag, if it still has the tag that was read.
pub(crate) async fn retag(channel: &Channel, retagged: &Retagged) -> Result<(), StoreError> {
    match &retagged.key {
        RowKey::Identity(user, provider) => retag!(
            channel,
            retagged,
            identity,
            KeyId,
            UserId = user.as_uuid(),
            Provider = provider.as_str()
        ),
        RowKey::User(id) => retag!(channel, retagged, user, KeyId, Id = id.as_uuid()),
        RowKey::Token(id) => retag!(channel, retagged, token, KeyId, Id = id.as_uuid()),
        RowKey::Secret(hash) => retag!(channel, retagged, secret, TagKeyId, Hash = hash.to_vec()),
        RowKey::Session(hash) => retag!(channel, retagged, session, KeyId, IdHash = hash.to_vec()),
        RowKey::StatusPlace(index) => retag!(
            channel,
            retagged,
            status_place,
            KeyId,
            Place = index.cast_signed()
        ),
        RowKey::SigningKey(kid) => {
            retag!(channel, retagged, signing_key, KeyId, Kid = kid.as_str())
        }
        RowKey::SetupLink => retag!(channel, retagged, setup_link, TagKeyId, Id = ONLY),
        RowKey::OperatorKey(id) => {
            retag!(channel, retagged, operator_key, TagKeyId, Id = id.as_uuid())
        }
        RowKey::DirectoryGroup(id) => {
            retag!(channel, retagged, directory_group, KeyId, Id = id.as_uuid())
        }
        RowKey::Policy => retag!(channel, retagged, policy, KeyId, Id = ONLY),
    }
}
