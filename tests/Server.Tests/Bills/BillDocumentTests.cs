using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

public sealed class BillDocumentTests(Campus campus) : IClassFixture<Campus>
{
    [Fact]
    public async Task The_bills_are_what_was_used()
    {
        JsonElement first = await campus.BillAsync(Campus.First);
        // 81 + 30 + 10 minutes by class, 5 free, at 10.00 per 1,000; 40 minutes recorded: 30 at 7.00, 10 at 5.00 per 1,000.
        Assert.Equal(["1.160000", "0.260000"], first.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("amount").GetString()));
        JsonElement adjustment = (await campus.BillAsync(Campus.Second)).GetProperty("lines")[0];
        Assert.Equal("2027-01-01", adjustment.GetProperty("adjusts").GetProperty("periodStart").GetString());
        Assert.Equal("0.200000", adjustment.GetProperty("amount").GetString());
        Assert.Equal("0.09", (await campus.BillAsync(Campus.Month)).GetProperty("total").GetString());
    }

    [Theory]
    [InlineData("application/json", "application/json")]
    [InlineData("", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/*", "application/json")]
    [InlineData("application/pdf", "application/pdf")]
    [InlineData("APPLICATION/PDF", "application/pdf")]
    [InlineData("text/*", "text/csv")]
    [InlineData("text/csv;charset=utf-8", "text/csv")]
    [InlineData("text/html,application/xhtml+xml,text/csv;q=0.9,*/*;q=0.8", "text/csv")]
    [InlineData("application/pdf;q=0.5,text/csv;q=0.6", "text/csv")]
    [InlineData("application/json;q=0,*/*", "application/pdf")]
    [InlineData("application/*;q=0.1,application/pdf;q=0.4", "application/pdf")]
    [InlineData("text/csv;q=0", "application/json")]
    [InlineData("image/png", "application/json")]
    [InlineData("not a media type", "application/json")]
    public async Task A_bill_comes_as_what_is_rather_had(string accept, string type)
    {
        using HttpResponseMessage answer = await campus.GetAsAsync($"/v1/bills/{Campus.First}", accept);

        Assert.Equal(StatusCodes.Status200OK, (int)answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("Accept", answer.Headers.Vary);
    }

    [Fact]
    public async Task A_bills_pdf_names_seller_and_buyer_is_numbered_dated_and_adds_up()
    {
        using HttpResponseMessage answer = await campus.GetAsAsync($"/v1/bills/{Campus.First}", "application/pdf");
        PdfText text = PdfText.Of(await answer.Content.ReadAsByteArrayAsync());

        Assert.Equal(1, text.Pages);
        foreach (string part in new[]
        {
            "Minutebook", Campus.First, "上海市第一中学", "数学学院", "2027-01-02 02:00:00", "USD 1.42", "1.160000", "0.260000", "Page 1 of 1",
            "presence · ", "5 free", "graduated per 1,000 minutes: to 30 7.00; above 5.00",
        })
        {
            Assert.Contains(part, text.Text);
        }

        Assert.Equal($"{Campus.First}.pdf", answer.Content.Headers.ContentDisposition!.FileNameStar ?? answer.Content.Headers.ContentDisposition.FileName);
    }

    [Fact]
    public async Task An_adjustment_says_on_paper_which_day_it_adjusts()
    {
        using HttpResponseMessage answer = await campus.GetAsAsync($"/v1/bills/{Campus.Second}", "application/pdf");

        Assert.Contains("Adjustment of 2027-01-01: late or voided events.", PdfText.Of(await answer.Content.ReadAsByteArrayAsync()).Text);
    }

    [Fact]
    public async Task The_same_bill_is_the_same_file()
    {
        async Task<byte[]> OnceAsync() => await (await campus.GetAsAsync($"/v1/bills/{Campus.Month}", "application/pdf")).Content.ReadAsByteArrayAsync();

        Assert.Equal(await OnceAsync(), await OnceAsync());
    }

    [Theory]
    [InlineData("Ελληνικά, Русский")]
    [InlineData("数学学院 ひらがな カタカナ")]
    [InlineData("가나다 서울대학교 한국어 교실 힣")]
    public void Names_of_the_scripts_that_the_guide_names_are_shown(string name)
    {
        byte[] pdf = Sheet.Make("t", "a", DateTime.UnixEpoch, sheet =>
        {
            sheet.Write(name, 0, 0, 500, Look.Plain);
            sheet.Write(name, 0, 20, 500, Look.Strong);
        });

        string text = PdfText.Of(pdf).Text;
        Assert.DoesNotContain("\uFFFD", text);
        Assert.All(name.Split(' '), word => Assert.Contains(word, text));
    }

    [Fact]
    public void A_character_that_no_font_has_is_shown_as_one_that_is_unknown()
    {
        byte[] pdf = Sheet.Make("t", "a", DateTime.UnixEpoch, sheet => sheet.Write("a𓀀b\u0007c", 0, 0, 500, Look.Plain));

        Assert.Contains("a\uFFFDb c", PdfText.Of(pdf).Text);
    }

    [Theory]
    [InlineData(1, "minute", "1 minute")]
    [InlineData(12_345, "minute", "12,345 minutes")]
    [InlineData(2, "GB", "2 GB")]
    [InlineData(-2, "hours", "-2 hours")]
    public void Quantities_are_written_with_their_unit_as_people_do(int number, string unit, string text) =>
        Assert.Equal(text, Figures.Counted(number, unit));

    [Fact]
    public void A_long_name_is_broken_at_its_hyphens_before_it_is_broken_within_a_word()
    {
        const string Name = "slicing-of-audio-for-inspection";
        double height = 0;
        Sheet.Make("t", "a", DateTime.UnixEpoch, sheet => height = sheet.Write(Name, 0, 0, 100, Look.Plain));

        Assert.Equal(Sheet.HeightOf("slicing-of-audio-\nfor-inspection", 500, Look.Plain), height);
        Assert.Equal(Sheet.HeightOf(Name, 100, Look.Plain), height);
    }

    [Fact]
    public void Rows_that_do_not_fit_go_to_pages_that_begin_with_the_heading()
    {
        byte[] pdf = Sheet.Make("t", "a", DateTime.UnixEpoch, sheet =>
        {
            sheet.Heading = its => its.Y += its.Write("heading", Sheet.Left, its.Y, 100, Look.Strong);
            for (int i = 0; i < 100; i++)
            {
                sheet.Need(20);
                sheet.Write($"row {i}", Sheet.Left, sheet.Y, 100, Look.Plain);
                sheet.Y += 20;
            }
        });

        PdfText text = PdfText.Of(pdf);
        Assert.Equal(3, text.Pages);
        Assert.Equal(2, text.Text.Split("heading").Length - 1);
        Assert.Contains("Page 3 of 3", text.Text);
    }

    [Theory]
    [InlineData(Campus.First)]
    [InlineData(Campus.Second)]
    [InlineData(Campus.Month)]
    public async Task The_amounts_of_a_bills_csv_sum_to_its_total(string number)
    {
        using HttpResponseMessage answer = await campus.GetAsAsync($"/v1/bills/{number}", "text/csv");
        string[][] rows = Rows(await answer.Content.ReadAsStringAsync());
        int amount = Array.IndexOf(rows[0], "amount");

        Assert.All(rows, row => Assert.Equal(rows[0].Length, row.Length));
        decimal total = decimal.Parse((await campus.BillAsync(number)).GetProperty("total").GetString()!, CultureInfo.InvariantCulture);
        Assert.Equal(total, rows.Skip(1).Sum(row => decimal.Parse(row[amount], CultureInfo.InvariantCulture)));
    }

    /// <summary>Reads plain CSV back, quotes and all.</summary>
    internal static string[][] Rows(string csv)
    {
        var rows = new List<string[]>();
        var row = new List<string>();
        var field = new System.Text.StringBuilder();
        bool quoted = false;
        for (int i = 0; i < csv.Length; i++)
        {
            char c = csv[i];
            if (quoted && c == '"' && i + 1 < csv.Length && csv[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && c is ',' or '\n' && !quoted)
            {
                row.Add(field.ToString().TrimEnd('\r'));
                field.Clear();
                if (c == '\n')
                {
                    rows.Add([.. row]);
                    row.Clear();
                }
            }
            else
            {
                field.Append(c);
            }
        }

        return [.. rows];
    }
}
