from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("paging", "0005_live_messages"),
    ]

    operations = [
        migrations.AlterField(
            model_name="contactmethod",
            name="address",
            field=models.CharField(max_length=2000),
        ),
    ]
