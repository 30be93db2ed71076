{
  services.gotosocial = {
    enable = true;
    setupPostgresqlDB = true;
    settings = {
      host = "fedi.example.org";
      accounts-registration-open = false;
    };
  };
}
