//! What the secrets and signatures of an exchange cost: `cargo bench -p ats-pat-auth`.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that can't be set up has failed"
)]

use std::hint::black_box;

use ats_pat_auth::{Grant, Minter, RootKey, SignatureProvider, SigningKeyPair, StatusPlace};
use ats_pat_token::{
    Audience, Expectations, PersonalAccessToken, SigningAlgorithm, Unverified, VerifyingKey,
};
use criterion::{Criterion, criterion_group, criterion_main};
use secrecy::ExposeSecret as _;

const NOW: i64 = 1_795_570_000_900;
const ISSUER: &str = "https://pat.example.com";
const PROVIDERS: [SignatureProvider; 2] = [SignatureProvider::Dalek, SignatureProvider::AwsLc];

criterion_group!(benches, hash, sign, mint, verify);
criterion_main!(benches);

fn hash(criterion: &mut Criterion) {
    let keys = RootKey::new(1, [1; 32]).derive();
    let token = PersonalAccessToken::from_random(&[2; 32]);
    criterion.bench_function("keyed hash", |bencher| {
        bencher.iter(|| keys.hash_personal_access_token(black_box(&token)));
    });
}

/// The signature alone. Minting can't cost less.
fn sign(criterion: &mut Criterion) {
    let token = mint_with(&key(SignatureProvider::Dalek));
    let (input, _) = token.rsplit_once('.').unwrap();
    let mut group = criterion.benchmark_group("sign");
    for provider in PROVIDERS {
        let key = key(provider);
        group.bench_function(format!("{provider:?}"), |bencher| {
            bencher.iter(|| key.sign(black_box(input.as_bytes())));
        });
    }
    group.finish();
}

fn mint(criterion: &mut Criterion) {
    let minter = minter();
    let grant = grant();
    let mut group = criterion.benchmark_group("mint");
    for provider in PROVIDERS {
        let key = key(provider);
        group.bench_function(format!("{provider:?}"), |bencher| {
            bencher.iter(|| minter.mint(&key, black_box(&grant), NOW, JTI).unwrap());
        });
    }
    group.finish();
}

fn verify(criterion: &mut Criterion) {
    let key = key(SignatureProvider::Dalek);
    let public = VerifyingKey::from_bytes(&key.public()).unwrap();
    let token = mint_with(&key);
    let expectations = Expectations {
        issuer: ISSUER,
        audience: ISSUER,
        now_seconds: NOW / 1000,
        skew_seconds: 0,
    };
    criterion.bench_function("verify", |bencher| {
        bencher.iter(|| {
            let unverified = Unverified::parse(black_box(&token)).unwrap();
            unverified.verify(&public, &expectations).unwrap()
        });
    });
}

const JTI: &str = "019365a0-0000-7000-8000-000000000003";

fn minter() -> Minter {
    let audience = Audience::from(ISSUER.to_owned());
    Minter::new(ISSUER, audience, SigningAlgorithm::EdDsa)
}

fn grant() -> Grant<'static> {
    Grant {
        owner_id: "019365a0-0000-7000-8000-000000000001",
        user_name: "ada",
        token_id: "019365a0-0000-7000-8000-000000000002",
        generation: 1,
        scope: "all",
        lifetime_seconds: 300,
        expires_at_ms: NOW + 86_400_000,
        status: Some(StatusPlace {
            index: 123_456,
            uri: "https://pat.example.com/status-lists/0",
        }),
        subject_id: None,
    }
}

fn key(provider: SignatureProvider) -> SigningKeyPair {
    SigningKeyPair::generate([3; 32], provider)
}

fn mint_with(key: &SigningKeyPair) -> String {
    let minted = minter().mint(key, &grant(), NOW, JTI).unwrap();
    minted.token.expose_secret().to_owned()
}
