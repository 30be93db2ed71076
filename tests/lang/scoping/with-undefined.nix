with { }; nowhere
