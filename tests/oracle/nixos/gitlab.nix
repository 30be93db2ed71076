{
  services.gitlab = {
    enable = true;
    host = "gitlab.example.org";
    https = true;
    port = 443;
    databasePasswordFile = "/run/secrets/database";
    initialRootPasswordFile = "/run/secrets/root";
    secrets = {
      secretFile = "/run/secrets/secret";
      otpFile = "/run/secrets/otp";
      dbFile = "/run/secrets/db";
      jwsFile = "/run/secrets/jws";
      activeRecordPrimaryKeyFile = "/run/secrets/primary";
      activeRecordDeterministicKeyFile = "/run/secrets/deterministic";
      activeRecordSaltFile = "/run/secrets/salt";
    };
    registry.certFile = "/run/secrets/registry.crt";
    registry.keyFile = "/run/secrets/registry.key";
    extraConfig.gitlab.default_projects_features.builds = false;
  };
  services.nginx.enable = true;
}
