//! Following the event log gives the same list as loading the database's rows.

use std::time::Duration;

use ats_pat_service::view::IssuedToken;
use ats_pat_service::{Regeneration, SignedIn};
use ats_pat_test_support::world::{ISSUER, World};
use ats_pat_test_support::{TestDatabase, on_every_database};
use proptest::test_runner::{RngAlgorithm, TestRng};
use secrecy::ExposeSecret;

use crate::scene::{A_MOMENT, list};

/// Following the log gives the same as reading the rows, for any order of steps.
#[on_every_database]
async fn following_and_loading_give_the_same_list(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    for name in ["ada", "bob"] {
        world.add_user(name).await;
    }
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut pick = |below: u32| rand_below(&mut random, below);
    let mut issued: Vec<(usize, IssuedToken)> = Vec::new();
    let uri = format!("{ISSUER}/status-lists/0");
    let operator = world.service.operator();
    for step in 0..60_u32 {
        let who = pick(2) as usize;
        let name = ["ada", "bob"][who];
        match pick(6) {
            0 | 1 => {
                if let Some(by) = may_sign_in(&world, name).await {
                    let lifetime = Duration::from_mins(u64::from(1 + pick(200)));
                    let made = world.create(&by, &format!("t{step}"), lifetime).await;
                    issued.push((who, made.unwrap()));
                }
            }
            2 | 3 if !issued.is_empty() => {
                let chosen = pick(u32::try_from(issued.len()).unwrap()) as usize;
                let owner = issued[chosen].0;
                let id = issued[chosen].1.token.id.to_string();
                if let Some(by) = may_sign_in(&world, ["ada", "bob"][owner]).await {
                    if step % 2 == 0 {
                        let _ = world.service.revoke_token(&by, &id).await.unwrap();
                    } else if let Ok(made) = world
                        .service
                        .regenerate_token(&by, &id, Regeneration::default())
                        .await
                    {
                        issued[chosen].1 = made;
                    }
                }
            }
            4 => {
                let _ = operator.disable_user(name).await.unwrap();
                if pick(2) == 0 {
                    let _ = operator.enable_user(name).await.unwrap();
                }
            }
            _ => {
                let _ = operator.enable_user(name).await.unwrap();
                for (_, token) in &issued {
                    let _ = world.exchange(&token.secret).await;
                }
            }
        }
        world
            .clock
            .advance(Duration::from_secs(u64::from(pick(900))) + A_MOMENT);
        let (version, followed) = list(&world, &world.service, &uri).await;
        let anew = world.reopen().await.unwrap();
        let (loaded_version, loaded) = list(&world, &anew, &uri).await;
        assert!(followed == loaded, "step {step}");
        assert!(loaded_version >= version, "step {step}");
    }
    assert!(operator.verify_audit().await.unwrap().findings.is_empty());
}

async fn may_sign_in(world: &World, name: &str) -> Option<SignedIn> {
    let password = ats_pat_test_support::world::PASSWORD.into();
    let address = ats_pat_test_support::world::ADDRESS;
    let result = world.service.sign_in(name, &password, address).await.ok()?;
    let id = result.session_id.expose_secret();
    world.service.authenticate(id).await.ok()
}

fn rand_below(random: &mut TestRng, below: u32) -> u32 {
    use proptest::prelude::Rng as _;
    random.next_u32() % below
}
