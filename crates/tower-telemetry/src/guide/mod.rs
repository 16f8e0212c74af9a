//! How the parts go together, by topic. Every example runs.
//!
//! | page | for the question |
//! |---|---|
//! | [`layer_order`] | Where does each layer go, in axum, in tonic and around a client, and where is the route known? |
//! | [`streaming`] | When does a call end whose body goes on for minutes, and who has cut it short? |
//! | [`retries`] | How are several attempts told from one? |
//! | [`trust`] | Whose trace ids are believed, and who is given ours? |
//! | [`cardinality`] | What keeps span names few, and the number of series bounded? |
//! | [`privacy`] | What is never written down, and how is more of it kept out? |
//! | [`moving`] | What takes the place of what is there now? |

#[doc = include_str!("cardinality.md")]
pub mod cardinality {}
#[doc = include_str!("layer_order.md")]
pub mod layer_order {}
#[doc = include_str!("moving.md")]
pub mod moving {}
#[doc = include_str!("privacy.md")]
pub mod privacy {}
#[doc = include_str!("retries.md")]
pub mod retries {}
#[doc = include_str!("streaming.md")]
pub mod streaming {}
#[doc = include_str!("trust.md")]
pub mod trust {}
