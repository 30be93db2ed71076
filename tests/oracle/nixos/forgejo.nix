{
  services.forgejo = {
    enable = true;
    database.type = "postgres";
    lfs.enable = true;
    dump.enable = true;
    settings = {
      DEFAULT.APP_NAME = "Code \"and\" more";
      server = {
        DOMAIN = "git.example.org";
        ROOT_URL = "https://git.example.org/";
        HTTP_PORT = 3000;
      };
      service.EMAIL_DOMAIN_ALLOWLIST = "example.org,*.example.org";
    };
  };
}
