"""Small files of many shapes, as banks, shops and simulations write them."""

from __future__ import annotations

import json
from pathlib import Path

ROWS = 240


def german_bank(folder: Path) -> Path:
    """Write semicolons, a decimal comma and Windows-1252."""
    rows = [
        f"{1 + i % 28:02}.{1 + i % 12:02}.2024 {i % 24:02}:{i % 60:02};B{i:06};K{i % 37};"
        f"Café Müller {i % 11};{i % 3 + 1}.{i % 900 + 100:03},{i % 100:02};EUR;"
        f"{'Ja' if i % 40 == 0 else 'Nein'}"
        for i in range(ROWS)
    ]
    head = "Buchungsdatum;Buchungsnummer;Kundennummer;Händler;Betrag;Währung;Betrug"
    return _written(folder / "bank.csv", [head, *rows], "cp1252")


def us_cards(folder: Path) -> Path:
    """Write a date and a time with AM and PM, dollars, and personal columns."""
    rows = [
        f"{1 + i % 12:02}/{1 + i % 28:02}/2024,{i % 12 or 12}:{i % 60:02} "
        f'{"AM" if i % 24 < 12 else "PM"},C{i % 41},Shop {i % 13},"${i % 9 * 1000 + i + 1:,}.50",'
        f"Ann,Smith,ann{i}@example.org,{'Yes' if i % 30 == 0 else 'No'}"
        for i in range(ROWS)
    ]
    head = "Date,Time,Card,Merchant Name,Amount,First,Last,Contact,Is Fraud?"
    return _written(folder / "us.csv", [head, *rows])


def epoch_lines(folder: Path) -> Path:
    """Write JSON lines with milliseconds since 1970."""
    rows = [
        json.dumps(
            {
                "id": f"t{i}",
                "ts": 1_767_225_600_000 + i * 60_000,
                "user": f"u{i % 20}",
                "shop": f"s{i % 7}",
                "amount": round(i * 1.37 + 1, 2),
                "currency": "EUR",
                "is_fraud": i % 33 == 0,
            }
        )
        for i in range(ROWS)
    ]
    return _written(folder / "events.jsonl", rows)


def without_id(folder: Path) -> Path:
    """Write rows without an identifier, some of them twice."""
    rows = [
        f"2026-01-{1 + i % 28:02}T{i % 24:02}:{i % 60:02}:00Z|c{i % 3}|s{i % 2}|{i % 100 + 1}.00"
        for i in range(ROWS)
    ]
    return _written(folder / "noid.csv", ["booked_at|card|shop|total", *rows, rows[0]])


def simulation(folder: Path) -> Path:
    """Write hours since a start that the file does not say."""
    rows = [
        f"{i // 10 + 1},PAYMENT,{i * 13.7 + 1:.2f},C{1000 + i % 90},M{i % 30},{int(i % 40 == 0)},0"
        for i in range(ROWS)
    ]
    head = "step,type,amount,nameOrig,nameDest,isFraud,isFlaggedFraud"
    return _written(folder / "simulation.csv", [head, *rows])


def card_numbers(folder: Path) -> Path:
    """Write full card numbers and protected attributes."""
    rows = [
        f"T{i},4111111111111111,M{i % 9},2026-01-05 10:{i % 60:02}:00,{i + 1}.50,EUR,F,1988-03-09"
        for i in range(ROWS)
    ]
    head = "transaction_id,cc_num,merchant,time,amount,currency,gender,dob"
    return _written(folder / "cards.csv", [head, *rows])


def nested_lines(folder: Path) -> Path:
    """Write JSON lines with nested objects."""
    rows = [
        json.dumps(
            {
                "id": f"t{i}",
                "at": f"2026-01-05T10:{i % 60:02}:00Z",
                "user": {"id": f"u{i % 20}", "email": f"a{i}@example.org"},
                "merchant": {"id": f"m{i % 7}"},
                "amount": {"value": f"{i + 1}.50", "currency": "EUR"},
            }
        )
        for i in range(ROWS)
    ]
    return _written(folder / "nested.jsonl", rows)


def without_header(folder: Path) -> Path:
    """Write rows without a line of names."""
    rows = [
        f"T{i},C{i % 9},M{i % 5},2026-02-{1 + i % 28:02} 10:{i % 60:02}:00,{i}.50,USD"
        for i in range(ROWS)
    ]
    return _written(folder / "bare.csv", rows)


def parted_dates(folder: Path) -> Path:
    """Write year, month, day and time in columns of their own, and cards numbered by customer."""
    rows = [
        f"{i // 60},{i % 3},2019,{1 + i // 28 % 12},{1 + i % 28},{i % 24:02}:{i % 60:02},"
        f"$-{i + 1}.00,{-727612092139916043 + i % 5},No"
        for i in range(ROWS)
    ]
    head = "User,Card,Year,Month,Day,Time,Amount,Merchant Name,Is Fraud?"
    return _written(folder / "parted.csv", [head, *rows])


def floating_ids(folder: Path) -> Path:
    """Write customers as an export of pandas does, and currencies in small letters."""
    rows = [f"t{i},{1_704_067_200 + i * 3600},{12346 + i % 9}.0,{i + 1}.5,eur" for i in range(ROWS)]
    return _written(folder / "floating.csv", ["id,created,CustomerID,amount,currency", *rows])


def times_without_names(folder: Path) -> Path:
    """Write rows without a line of names, with the day and the time in two columns of digits."""
    rows = [
        f"{900_000 + i}|k{i % 17}|202401{1 + i % 28:02}|{i % 24:02}{i % 60:02}{i % 60:02}|"
        f"{i + 1}.25|EUR|s{i % 5}"
        for i in range(ROWS)
    ]
    return _written(folder / "digits.txt", rows)


def loans_without_ids(folder: Path) -> Path:
    """Write loans without an identifier, an applicant or a time."""
    rows = [f"{i % 20 == 0:d},{i / 999},{20 + i % 50},{i * 7}" for i in range(ROWS)]
    head = "SeriousDlqin2yrs,DebtRatio,age,MonthlyIncome"
    return _written(folder / "loans.csv", [head, *rows])


def german_stock(folder: Path) -> Path:
    """Write counts of a warehouse of one shop, under German names."""
    rows = [
        f"Z{i};Lager {i % 2};A{i % 40};{i % 17};{1 + i % 28:02}.03.2026 05:00;31.12.{26 + i % 3}"
        for i in range(ROWS)
    ]
    head = "Nr;Lagerort;Artikel;Bestand;Zeitpunkt;MHD"
    return _written(folder / "bestand.csv", [head, *rows])


def signed_movements(folder: Path) -> Path:
    """Write movements in words of a warehouse, negative where pieces leave."""
    words = (("Wareneingang", ""), ("Warenausgang", "-"), ("Umlagerung", "-"))
    rows = [
        f"B{i},L1,A{i % 40},{words[i % 3][0]},{words[i % 3][1]}{i % 5 + 1},"
        f"{'L2' if i % 3 == 2 else ''},2026-03-{1 + i % 28:02}T05:00:00Z"
        for i in range(ROWS)
    ]
    head = "Beleg,Lager,SKU,Bewegungsart,Menge,Ziellager,Zeitpunkt"
    return _written(folder / "movements.csv", [head, *rows])


def open_orders(folder: Path) -> Path:
    """Write lines of orders at suppliers, two lines for each order."""
    rows = [
        f"PO{i // 2},A{i % 40},WH1,{i % 5 + 1},2026-03-{1 + i % 20:02},2026-03-{8 + i % 20:02}"
        for i in range(ROWS)
    ]
    return _written(folder / "orders.csv", ["po_number,sku,ship_to,qty,order_date,eta", *rows])


def price_cuts(folder: Path) -> Path:
    """Write promotions of all channels in euros, with the day of their announcement."""
    rows = [
        f"A{i},{i % 9 + 1}.49,2026-03-{1 + i % 20:02},2026-03-{8 + i % 20:02},2026-02-01"
        for i in range(ROWS)
    ]
    head = "sku,promo_price,valid_from,valid_to,announced"
    return _written(folder / "promotions.csv", [head, *rows])


SHAPES = (german_bank, nested_lines, without_header, us_cards, epoch_lines, without_id, simulation,
          parted_dates, floating_ids, times_without_names, german_stock, signed_movements,
          open_orders, price_cuts)  # fmt: skip


def _written(path: Path, lines: list[str], encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding=encoding, newline="")
    return path
