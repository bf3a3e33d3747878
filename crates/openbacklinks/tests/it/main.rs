//! The program as a whole, against oracles that share no code with `store` and `query`.

mod answers;
mod integrity;
mod layers;
mod oracle;
mod program;
mod shared;
