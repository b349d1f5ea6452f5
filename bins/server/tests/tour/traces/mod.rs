//! The traces of the real program, as a collector gets them.

mod outage;
mod sampling;
mod scene;
mod secrets;
mod spans;
