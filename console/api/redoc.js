"use strict";

Redoc.init("/api/openapi.json", {}, document.getElementById("api"));
