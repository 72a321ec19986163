using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Features;
using CalendarSync.Api.Features.Development;
using CalendarSync.Api.Health;
using CalendarSync.Api.Limits;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Coordination;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers.CalDav;
using CalendarSync.Core.Vault;
using CalendarSync.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddRowanDataSource();
builder.AddRedis();
builder.Services.AddSingleton<RowanDatabase>();
builder.Services.AddVault();
builder.Services.AddCalDav();
builder.Services.AddCoordination();
builder.Services.AddUserAuthentication(builder.Configuration, builder.Environment);
builder.Services.AddLimits();
builder.Services.AddFeatures(builder.Configuration, builder.Environment);
builder.Services.AddApiDocument();
builder.Services.AddMigrationsCheck();

var app = builder.Build();

app.UseProblems();
app.UseAuthentication();
app.UseAuthorization();
app.UseLimits();
app.HideDevelopmentFeatures();
app.MapFeatures();
app.MapApiDocument();
app.MapDefaultEndpoints();

await app.RunAsync();
