-- Log-ins that are at a provider’s, and challenges of passkeys, are one-time secrets like others.
drop table sso_flows;
drop table passkey_challenges;
