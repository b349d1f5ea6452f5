mod given;
mod groups;
mod mistakes;
mod passwords;
mod sources;
mod values;
