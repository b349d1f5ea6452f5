mod given;
mod groups;
mod mistakes;
mod passwords;
mod providers;
mod sources;
mod values;
