using CalendarSync.ServiceDefaults;
using CalendarSync.Web;
using CalendarSync.Web.Api;
using CalendarSync.Web.Forwarding;
using CalendarSync.Web.Sessions;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddPage();
builder.Services.AddSessions();
builder.Services.AddCalendarApi();
builder.Services.AddApiForwarding();

var app = builder.Build();

app.UsePageHeaders();
app.UseSessions();
app.UseAntiforgery();
app.MapSessions();
app.MapApiForwarding();
app.MapPage();
app.MapDefaultEndpoints();

await app.RunAsync();
