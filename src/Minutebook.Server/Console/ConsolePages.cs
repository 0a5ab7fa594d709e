using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Primitives;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>Marks an endpoint that is for people, and of which the API's document does not speak.</summary>
internal sealed record ForPeople;

/// <summary>How the console's pages are registered and shown. Who may see which is the access table's to say.</summary>
internal sealed class ConsolePages(Routes routes, Sessions sessions)
{
    private const int MostOthers = 30;

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'";

    public static void AddTo(IServiceCollection services)
    {
        services.AddRazorComponents();
        // Nothing is protected by it, and it would leave its keys in a home directory.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
    }

    /// <summary>A page about no account.</summary>
    public void Get(string pattern, Func<Visit, IResult> show) => routes.Page("GET", pattern, call => Task.FromResult(show(VisitOf(call))));

    /// <summary>A page about an account.</summary>
    public void Get(string pattern, Func<Visit, Store.Reader, IResult> show) => Get("/accounts/{account}" + pattern, visit =>
    {
        using Store.Reader read = visit.Call.Engine.Store.Read();
        return Enter(visit, read, visit.Call.Path("account")) ? show(visit, read) : NotFound(visit);
    });

    /// <summary>A form about no account.</summary>
    public void Form(string pattern, Func<Visit, IReadOnlyDictionary<string, StringValues>, Task<IResult>> act) =>
        routes.Form(pattern, (call, form) =>
        {
            Visit visit = VisitOf(call);
            visit.Form = form;
            return act(visit, form);
        });

    /// <summary>A form about an account.</summary>
    public void AccountForm(string pattern, Func<Visit, IReadOnlyDictionary<string, StringValues>, Task<IResult>> act) =>
        Form("/accounts/{account}" + pattern, async (visit, form) =>
        {
            using (Store.Reader read = visit.Call.Engine.Store.Read())
            {
                if (!Enter(visit, read, visit.Call.Path("account")))
                {
                    return NotFound(visit);
                }
            }

            return await act(visit, form);
        });

    public static IResult Show<TPage>(Visit visit, object page, int status = StatusCodes.Status200OK)
        where TPage : IComponent =>
        new RazorComponentResult<TPage>(new Dictionary<string, object?> { ["Visit"] = visit, ["Page"] = page }) { StatusCode = status };

    public static IResult NotFound(Visit visit) => Show<MessageSheet>(visit, new MessageModel(Code.NotFound.Name), Code.NotFound.Status);

    /// <summary>A refusal as a page.</summary>
    public static IResult Refused(HttpContext http, Problem problem) =>
        Show<RefusalSheet>(VisitOf(http, call: null, token: ""), new MessageModel(problem.Code.Name), problem.Code.Status);

    /// <summary>Takes the account that a page is about; whether there is one for the reader.</summary>
    public static bool Enter(Visit visit, Store.Reader read, string id)
    {
        Call call = visit.Call;
        if (call.AccountAsItStands(read, id) is not { } account)
        {
            return false;
        }

        visit.About(account);
        visit.HaltedAt = call.HaltedAt(id);
        visit.Others = call.Caller.Account is not null
            ? [(account.Id, account.Name)]
            : [.. read.States(atOnce: MostOthers).Take(MostOthers).Select(other => (other.Id, other.Name))];
        visit.Said = visit.Query("said") is { } said ? visit.Texts.Find("said." + said) : null;
        return true;
    }

    public static Visit VisitOf(HttpContext http, Call? call, string token)
    {
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        string theme = http.Request.Cookies[Preferences.Theme] switch { "light" => "light", "dark" => "dark", _ => "auto" };
        var texts = Texts.For(http.Request.Cookies[Preferences.Language], http.Request.Headers.AcceptLanguage.ToString());
        return new Visit(http, call, texts, theme, token);
    }

    private Visit VisitOf(Call call) => VisitOf(call.Http, call, sessions.FormToken(call.Http) ?? "");
}
